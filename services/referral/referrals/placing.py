"""Find the next partner and ask it. The caller commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Table, select, update
from sqlmodel import Session

from services.referral.directory.rules import local_day
from services.referral.matching import RULESET, Matching, ServiceProfile, match
from services.referral.matching.filters import BINDING, judge
from services.referral.matching.ranking import NO_CANDIDATE
from services.referral.referrals import queries, rules
from services.referral.referrals.known import services_now
from services.referral.referrals.profiles import request_profile, working_country
from services.referral.referrals.rules import Next
from services.referral.referrals.tables import Offer, Referral
from shared.database.at_once import InsertAtOnce
from shared.desk.items import open_item, whose
from shared.events.referral import ReferralOffered, ReferralProposed, ReferralUnplaced, UnplacedReason
from shared.ids import new_id
from shared.messaging import Announcement, announce, announce_all
from shared.telemetry import caused_by
from shared.vocabulary import Share

# Kinds of work items; the desk's texts and actions are registered under these names.
(
    CONFIRM,
    CONSENT,
    NO_CONTACT,
    UNPLACED,
    SENIOR,
    UNDELIVERABLE,
    RECALL_UNDELIVERABLE,
    HELPER_LEFT,
    LINK_UNDELIVERABLE,
) = (
    "confirm-referral",
    "consent-needed",
    "no-contact",
    "unplaced-referral",
    "senior-desk",
    "offer-undeliverable",
    "recall-undeliverable",
    "helper-left",
    "link-undeliverable",
)
POLICY = "policy"
# For each sentence of a binding filter: the code that says why the service cannot be chosen.
NOT_CHOOSABLE = {
    "active.no": "service-ended",
    "agreement.no": "service-not-signed",
    "takes.no": "service-takes-none",
    "takes.no-address": "service-without-address",
    "declined.before": "service-refused-before",
    "declined.asked": "service-asked-before",
    "own.yes": "service-of-the-asker",
}
OFFERS: Table = Offer.__table__  # type: ignore[attr-defined]
REFERRALS: Table = Referral.__table__  # type: ignore[attr-defined]
insert_referrals, insert_offers = InsertAtOnce(REFERRALS), InsertAtOnce(OFFERS)


class Cause(NamedTuple):
    """The event that something is done on, and the correlation that it belongs to."""

    correlation_id: str | None
    event_id: UUID | None


New = tuple[Referral, Cause]


def find(session: Session, referral: Referral, *, at: datetime) -> Matching:
    """Match against the directory as it is now, and keep the explanation.

    The explanation that it replaces is kept with the offers that were made under it.
    """
    _keep_why(session, referral)
    history = queries.history(session, referral.id, at)
    profile = request_profile(referral.request_id, referral.about)
    matching = match(profile, services_now(session), history, today=local_day(at, referral.country))
    referral.explanation, referral.ruleset = matching.to_json(), RULESET
    return matching


def _keep_why(session: Session, referral: Referral) -> None:
    """Copy the explanation inside the database: it is long, and is not needed here."""
    why = select(REFERRALS.c.explanation).where(REFERRALS.c.id == OFFERS.c.referral_id).scalar_subquery()
    session.execute(
        update(OFFERS)
        .where(OFFERS.c.referral_id == referral.id, OFFERS.c.explanation.is_(None))
        .values(explanation=why)
    )


def place(
    session: Session, referral: Referral, *, at: datetime, auto_offer: bool, meant: UUID | None = None
) -> None:
    """Match, and offer to the best candidate, or leave it to a person with the reason.

    `meant` is the service that the asker was shown and said yes to: while it fits it is asked first.
    """
    matching = find(session, referral, at=at)
    service = _next_service(session, referral, matching, at=at, auto_offer=auto_offer, meant=meant)
    if service is not None:
        ask(session, referral, service, at=at)


def place_new(session: Session, new: Sequence[New], *, at: datetime, auto_offer: bool) -> None:
    """Place referrals that are in no session yet, each as if those before it had been offered already.

    The directory and the history are read once for all of them, and the rows are written together.
    """
    services, history = services_now(session), queries.history(session, None, at)
    offers, announcements = [], []
    for referral, cause in new:
        profile = request_profile(referral.request_id, referral.about)
        matching = match(profile, services, history, today=local_day(at, referral.country))
        referral.explanation, referral.ruleset = matching.to_json(), RULESET
        with caused_by(cause.correlation_id, cause.event_id):
            service = _next_service(session, referral, matching, at=at, auto_offer=auto_offer)
        if service is not None:
            history = history.asking(service.id, at)
            offers.append(_offer(referral, service, number=1, at=at))
            announcements.append(
                Announcement(_offered(offers[-1], referral), at, cause.correlation_id, cause.event_id)
            )
    insert_referrals(session, [vars(referral) for referral, _ in new])
    insert_offers(session, [vars(offer) for offer in offers])
    if announcements:
        announce_all(session, announcements)


def _next_service(
    session: Session,
    referral: Referral,
    matching: Matching,
    *,
    at: datetime,
    auto_offer: bool,
    meant: UUID | None = None,
) -> ServiceProfile | None:
    """Return the service to ask now, or hand the referral to the desk and return None."""
    if matching.desk_reason == NO_CANDIDATE:
        give_up(session, referral, UnplacedReason.NO_CANDIDATE, at=at)
    elif matching.desk_reason is not None:
        hand_to_desk(session, referral, matching.desk_reason, at=at)
    elif not auto_offer:
        hand_to_desk(session, referral, POLICY, at=at)
    else:
        fitting = [one.service for one in matching.offerable]
        return next((service for service in fitting if service.id == meant), fitting[0])
    return None


def place_after_refusal(session: Session, referral: Referral, *, at: datetime, auto_offer: bool) -> None:
    """Ask the next partner; after two refusals tell a senior as well, after three leave it to the desk.

    Where a person confirms every referral, the next offer waits for a person too.
    """
    following = rules.after_refusals(queries.refusals(session, referral.id))
    if following is Next.DESK_TELEPHONES:
        find(session, referral, at=at)
        give_up(session, referral, UnplacedReason.THREE_DECLINES, at=at)
        return
    if following is Next.ASK_NEXT_AND_SENIOR:
        _item(session, referral, SENIOR, "two-refusals", at=at)
    place(session, referral, at=at, auto_offer=auto_offer)


def ask(session: Session, referral: Referral, service: ServiceProfile, *, at: datetime) -> Offer:
    """Offer to a service. Raises NotAllowed without consent to sharing, and during a safety hold."""
    offer = _offer(referral, service, number=1 + queries.count_offers(session, referral.id), at=at)
    session.add(offer)
    announce(session, _offered(offer, referral), at=at)
    return offer


def _offer(referral: Referral, service: ServiceProfile, *, number: int, at: datetime) -> Offer:
    rules.check_that_a_partner_may_be_told(referral)
    # The partner's holidays count; one that works everywhere has those of the asker's country.
    country = working_country(service.country, referral.country)
    return rules.make_offer(referral, service.id, country, offer_id=new_id(), number=number, at=at)


def _offered(offer: Offer, referral: Referral) -> ReferralOffered:
    return ReferralOffered(referral_id=referral.id, request_id=referral.request_id, offer_id=offer.id)


def choosable(session: Session, referral: Referral, service_id: UUID, *, at: datetime) -> ServiceProfile:
    """Return the service. Raises NotChoosable if it cannot be asked or has been; no other filter binds."""
    open_offer = queries.open_offer(session, referral.id)
    if open_offer and open_offer.service_id == service_id:
        raise rules.NotChoosable("service-asked-now")
    service = next((known for known in services_now(session) if known.id == service_id), None)
    if service is None:
        raise rules.NotChoosable("unknown-service")
    profile = request_profile(referral.request_id, referral.about)
    asked = queries.asked_before(session, referral.id)
    for verdict in judge(profile, service, asked, local_day(at, referral.country)):
        if verdict.filter in BINDING and not verdict.passed:
            raise rules.NotChoosable(NOT_CHOOSABLE[verdict.sentence.key])
    return service


def hand_to_desk(session: Session, referral: Referral, reason: str, *, at: datetime) -> None:
    """Leave the referral to a person; a hold is on the work list of intake already, all else goes on ours."""
    rules.wait_for_person(referral, reason, at=at)
    if reason == "hold":
        return
    kind, why = _without_consent(referral) if reason == "consent" else (CONFIRM, reason)
    _item(session, referral, kind, why, at=at)
    announce(session, ReferralProposed(referral_id=referral.id, request_id=referral.request_id), at=at)


def _without_consent(referral: Referral) -> tuple[str, str]:
    """Return the kind of item, and why it waits: the desk asks for a yes only where it may ask at all."""
    about = referral.about
    if about.share is Share.NO:
        return NO_CONTACT, "consent-refused"
    return (CONSENT, "consent") if about.may_contact else (NO_CONTACT, "consent-on-page")


def give_up(session: Session, referral: Referral, reason: UnplacedReason, *, at: datetime) -> None:
    rules.give_up(referral, reason, at=at)
    _item(session, referral, UNPLACED, reason.value, at=at)
    announce(
        session,
        ReferralUnplaced(referral_id=referral.id, request_id=referral.request_id, reason=reason),
        at=at,
    )


def details(referral: Referral) -> dict[str, str]:
    """Return what a work item holds of the advice request: nothing that could identify a person."""
    known = {"requestId": str(referral.request_id), "reference": referral.about.reference or None}
    about = whose(
        audience=referral.about.audience,
        ages=referral.about.child_age_bands,
        language=referral.about.language,
        urgency=referral.urgency,
    )
    return {name: value for name, value in known.items() if value} | about


def _item(session: Session, referral: Referral, kind: str, reason: str, *, at: datetime) -> None:
    open_item(
        session,
        kind=kind,
        reason=reason,
        subject_id=referral.id,
        details=details(referral),
        dedupe_key=f"{kind}:{referral.id}",
        at=at,
    )
