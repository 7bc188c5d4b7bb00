"""The actions of a person at the desk on a referral, and what the desk shows of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from services.referral.matching.explaining import asks_for_an_interpreter, candidates, near_misses
from services.referral.referrals import commands, placing, queries, rules
from services.referral.referrals.profiles import working_country
from services.referral.referrals.queries import OfferView
from services.referral.referrals.tables import ConsentBy, ConsentHow, Offer, OfferState, Referral
from shared.countries import zone
from shared.desk.actions import (
    SETTLED_BY_TELEPHONE,
    SETTLED_IN_WRITING,
    Act,
    Choice,
    Fact,
    Kind,
    Question,
    View,
    note_only,
)
from shared.desk.items import WorkItem
from shared.errors import FieldError, Invalid
from shared.events.referral import ReferralOutcome
from shared.vocabulary import need_name
from shared.web import pages

CONFIRM, CHOOSE, SEEN = "confirm", "choose", "seen"
SERVICE = "serviceId"
INTERPRETER = "interpreter"
# Who said yes, how and when: what the desk says with every action that shares what was not to be shared.
CONSENT = (
    Question("consentBy", "consent-by", tuple(ConsentBy)),
    Question("consentHow", "consent-how", (ConsentHow.BY_TELEPHONE, ConsentHow.IN_WRITING)),
    Question("consentOn", "consent-on"),
)


def confirm(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    """Offer to the first candidate, matched again: much may have changed since the item was opened."""
    referral = queries.locked_referral(session, item.subject_id)
    if referral is None:
        return
    matching = placing.find(session, referral, at=at)
    if not matching.candidates:
        raise Invalid([FieldError("/action", "action", "no-candidate")])
    commands.choose(session, referral.id, matching.candidates[0].service.id, at=at)


def choose(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    try:
        commands.choose(session, item.subject_id, _service_id(params[SERVICE]), at=at)
    except rules.NotChoosable as refusal:
        raise Invalid([FieldError(f"/{SERVICE}", SERVICE, refusal.code)]) from refusal


def close(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    commands.settle(session, item.subject_id, ReferralOutcome.SETTLED_BY_TELEPHONE, at=at)


def close_in_writing(
    session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str
) -> None:
    commands.settle(session, item.subject_id, ReferralOutcome.SETTLED_IN_WRITING, at=at)


def after_consent(act: Act) -> Act:
    """Wrap an action so that it first records that the asker, when asked by the desk, agreed to sharing."""

    def asked(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
        who, how, day = (params[one.name] for one in CONSENT)
        consent = rules.Consent(ConsentBy(who), ConsentHow(how), date.fromisoformat(day), noted_by=by)
        commands.agree(session, item.subject_id, consent, at=at)
        act(session, item, params, at=at, by=by)

    return asked


def describe(session: Session, item: WorkItem, language: str) -> View:
    """Show the advice request, the partner asked now, others that fit and why, and how to call back."""
    referral = session.get(Referral, item.subject_id)
    if referral is None:
        return View()
    offers = queries.offers_of(session, referral.id)
    return View(
        [*_facts(referral, language), *_helper(session, referral), *_asked_now(session, offers, language)],
        {CHOOSE: _choices(referral, {str(offer.service_id) for offer in offers}, language)},
        referral.request_id,
    )


def describe_recall(session: Session, item: WorkItem, language: str) -> View:
    """Show the partner that does not know yet that it need not answer; the item's subject is the offer."""
    view = queries.offer_views(session, [item.subject_id]).get(item.subject_id)
    if view is None:
        return View()
    reference = view.referral.about.reference
    partner = Fact("partner", f"{view.organisation.name} · {view.service.name}")
    return View([partner, Fact("reference", reference)] if reference else [partner])


def _choices(referral: Referral, asked: Collection[str], language: str) -> list[Choice]:
    """Return the services that fit, then those that nearly fit, without those that were asked already."""
    if not referral.explanation:
        return []
    fitting = [
        Choice(fit["serviceId"], f"{fit['organisation']} ({fit['score']:.0f})", fit["sentences"])
        for fit in candidates(referral.explanation, language)
    ]
    near = [
        Choice(miss["serviceId"], miss["organisation"], miss["sentences"])
        for miss in near_misses(referral.explanation, language)
    ]
    return [choice for choice in (*fitting, *near) if choice.value not in asked]


def _helper(session: Session, referral: Referral) -> list[Fact]:
    return [
        Fact("partner", f"{organisation.name} · {service.name}")
        for service, organisation in queries.accepted_services(session, [referral]).values()
    ]


def _asked_now(session: Session, offers: Sequence[Offer], language: str) -> list[Fact]:
    open_ids = [offer.id for offer in offers if offer.state is OfferState.OPEN]
    return [
        Fact("asked-now", _until(view, language)) for view in queries.offer_views(session, open_ids).values()
    ]


def _until(view: OfferView, language: str) -> str:
    country = working_country(view.service.country, view.referral.country)
    moment = pages.local_time(view.offer.answer_by, language, zone(country))
    return pages.texts().text(
        language, "desk-value.asked-now.until", partner=view.organisation.name, moment=moment
    )


def _facts(referral: Referral, language: str) -> list[Fact]:
    about = referral.about
    return [
        Fact("needs", ", ".join(need_name(code, language) for code in about.needs)),
        Fact("audience", about.audience),
        Fact("place", f"{about.postcode} ({about.country})"),
        Fact("language", about.language),
        Fact("share", about.share),
        *_consent(referral, language),
        Fact("urgency", referral.urgency.value),
        Fact("state", referral.status.value),
        *([Fact("next-step", INTERPRETER)] if asks_for_an_interpreter(referral.explanation) else []),
    ]


def _consent(referral: Referral, language: str) -> list[Fact]:
    """Return who said yes after the advice request came in, how, when, and who noted it."""
    if referral.consent_by is None or referral.consent_how is None or referral.consent_on is None:
        return []
    return [
        Fact("consent-by", referral.consent_by),
        Fact("consent-how", referral.consent_how),
        Fact("consent-on", pages.local_day(referral.consent_on, language)),
        Fact("consent-noted-by", referral.consent_noted_by or ""),
    ]


def _service_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid([FieldError(f"/{SERVICE}", SERVICE, "not-an-id")]) from None


WAITS = Kind(
    {CONFIRM: confirm, CHOOSE: choose, SETTLED_BY_TELEPHONE: close, SETTLED_IN_WRITING: close_in_writing},
    describe,
    parameter={CHOOSE: SERVICE},
)
WAITS_FOR_CONSENT = Kind(
    {
        CONFIRM: after_consent(confirm),
        CHOOSE: after_consent(choose),
        SETTLED_BY_TELEPHONE: close,
        SETTLED_IN_WRITING: close_in_writing,
    },
    describe,
    parameter={CHOOSE: SERVICE},
    asks={CONFIRM: CONSENT, CHOOSE: CONSENT},
)
# Nobody may ask, so nothing here shares anything: the asker says yes of themselves, on the page where
# reference and code lead or in what they write there, or not at all.
ONLY_TO_READ = Kind(
    {SEEN: note_only, SETTLED_BY_TELEPHONE: close, SETTLED_IN_WRITING: close_in_writing}, describe
)
TO_KNOW = Kind(
    {SEEN: note_only, CHOOSE: choose, SETTLED_BY_TELEPHONE: close, SETTLED_IN_WRITING: close_in_writing},
    describe,
    parameter={CHOOSE: SERVICE},
)
DESK = {
    placing.CONFIRM: WAITS,
    placing.UNPLACED: WAITS,
    placing.UNDELIVERABLE: WAITS,
    placing.CONSENT: WAITS_FOR_CONSENT,
    placing.NO_CONTACT: ONLY_TO_READ,
    placing.SENIOR: TO_KNOW,
    placing.HELPER_LEFT: TO_KNOW,
    placing.RECALL_UNDELIVERABLE: Kind({SEEN: note_only}, describe_recall),
    placing.LINK_UNDELIVERABLE: Kind({SEEN: note_only}, describe_recall),
}
