"""Finding the next partner and asking it, inside a transaction that the caller commits."""

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
from shared.desk.items import open_item
from shared.events.referral import ReferralOffered, ReferralProposed, ReferralUnplaced, UnplacedReason
from shared.ids import new_id
from shared.messaging import Announcement, announce, announce_all
from shared.telemetry import caused_by

# Kinds of work items; the desk's texts and actions are registered under these names.
CONFIRM, CONSENT, UNPLACED, SENIOR, UNDELIVERABLE, RECALL_UNDELIVERABLE, HELPER_LEFT = (
    "confirm-referral",
    "consent-needed",
    "unplaced-referral",
    "senior-desk",
    "offer-undeliverable",
    "recall-undeliverable",
    "helper-left",
)
POLICY = "policy"
# What a filter that nobody may overrule says, and why a service then cannot be chosen.
NOT_CHOOSABLE = {
    "active.no": "service-ended",
    "agreement.no": "service-not-signed",
    "takes.no": "service-takes-none",
    "takes.no-address": "service-without-address",
    "declined.before": "service-refused-before",
    "declined.asked": "service-asked-before",
}
OFFERS: Table = Offer.__table__  # type: ignore[attr-defined]
REFERRALS: Table = Referral.__table__  # type: ignore[attr-defined]
insert_referrals, insert_offers = InsertAtOnce(REFERRALS), InsertAtOnce(OFFERS)


class Cause(NamedTuple):
    """The event on which something is done, and the correlation to which that belongs."""

    correlation_id: str | None
    event_id: UUID | None


New = tuple[Referral, Cause]


def find(session: Session, referral: Referral, *, at: datetime) -> Matching:
    """Match against the directory as it is now, and keep the explanation.

    The one that it replaces stays with the offers that were made under it.
    """
    _keep_why(session, referral)
    history = queries.history(session, referral.id, at)
    profile = request_profile(referral.request_id, referral.about)
    found = match(profile, services_now(session), history, today=local_day(at, referral.country))
    referral.explanation, referral.ruleset = found.to_json(), RULESET
    return found


def _keep_why(session: Session, referral: Referral) -> None:
    """Copied inside the database: it is long, and nobody here reads it."""
    why = select(REFERRALS.c.explanation).where(REFERRALS.c.id == OFFERS.c.referral_id).scalar_subquery()
    session.execute(
        update(OFFERS)
        .where(OFFERS.c.referral_id == referral.id, OFFERS.c.explanation.is_(None))
        .values(explanation=why)
    )


def place(session: Session, referral: Referral, *, at: datetime, auto_offer: bool) -> None:
    """Offer to the best, or say why a person looks first."""
    found = find(session, referral, at=at)
    service = _whom(session, referral, found, at=at, auto_offer=auto_offer)
    if service is not None:
        ask(session, referral, service, at=at)


def place_new(session: Session, new: Sequence[New], *, at: datetime, auto_offer: bool) -> None:
    """As `place`, of referrals that are in no session yet, each as if those before it had been asked for.

    The directory and what went before are read once for all of them, and the rows written together.
    """
    services, history = services_now(session), queries.history(session, None, at)
    offers, said = [], []
    for referral, cause in new:
        profile = request_profile(referral.request_id, referral.about)
        found = match(profile, services, history, today=local_day(at, referral.country))
        referral.explanation, referral.ruleset = found.to_json(), RULESET
        with caused_by(cause.correlation_id, cause.event_id):
            service = _whom(session, referral, found, at=at, auto_offer=auto_offer)
        if service is not None:
            history = history.asking(service.id, at)
            offers.append(_offer(referral, service, number=1, at=at))
            said.append(
                Announcement(_offered(offers[-1], referral), at, cause.correlation_id, cause.event_id)
            )
    insert_referrals(session, [vars(referral) for referral, _ in new])
    insert_offers(session, [vars(offer) for offer in offers])
    if said:
        announce_all(session, said)


def _whom(
    session: Session, referral: Referral, found: Matching, *, at: datetime, auto_offer: bool
) -> ServiceProfile | None:
    """Whom to ask now; None where a person looks first, and is told here."""
    if found.desk_reason == NO_CANDIDATE:
        give_up(session, referral, UnplacedReason.NO_CANDIDATE, at=at)
    elif found.desk_reason is not None:
        hand_to_desk(session, referral, found.desk_reason, at=at)
    elif not auto_offer:
        hand_to_desk(session, referral, POLICY, at=at)
    else:
        return found.offerable[0].service
    return None


def place_after_refusal(session: Session, referral: Referral, *, at: datetime, auto_offer: bool) -> None:
    """The next candidate; after two a senior is told as well, and after three the desk telephones.

    Where a person confirms every referral, one confirms the next as well.
    """
    what = rules.after_refusals(queries.refusals(session, referral.id))
    if what is Next.DESK_TELEPHONES:
        find(session, referral, at=at)
        give_up(session, referral, UnplacedReason.THREE_DECLINES, at=at)
        return
    if what is Next.ASK_NEXT_AND_SENIOR:
        _item(session, referral, SENIOR, "two-refusals", at=at)
    place(session, referral, at=at, auto_offer=auto_offer)


def ask(session: Session, referral: Referral, service: ServiceProfile, *, at: datetime) -> Offer:
    """Raises NotAllowed where the asker has not said yes to sharing, or somebody's safety comes first."""
    offer = _offer(referral, service, number=1 + queries.count_offers(session, referral.id), at=at)
    session.add(offer)
    announce(session, _offered(offer, referral), at=at)
    return offer


def _offer(referral: Referral, service: ServiceProfile, *, number: int, at: datetime) -> Offer:
    rules.check_that_a_partner_may_be_told(referral)
    # Whose holidays count while the partner may answer; one that works everywhere keeps the asker's.
    country = working_country(service.country, referral.country)
    return rules.make_offer(referral, service.id, country, offer_id=new_id(), number=number, at=at)


def _offered(offer: Offer, referral: Referral) -> ReferralOffered:
    return ReferralOffered(referral_id=referral.id, request_id=referral.request_id, offer_id=offer.id)


def choosable(session: Session, referral: Referral, service_id: UUID, *, at: datetime) -> ServiceProfile:
    """Raises NotChoosable for who cannot be asked or was asked already. All else a person may weigh."""
    stands = queries.open_offer(session, referral.id)
    if stands and stands.service_id == service_id:
        raise rules.NotChoosable("service-asked-now")
    service = next((one for one in services_now(session) if one.id == service_id), None)
    if service is None:
        raise rules.NotChoosable("unknown-service")
    profile = request_profile(referral.request_id, referral.about)
    asked = queries.asked_before(session, referral.id)
    for verdict in judge(profile, service, asked, local_day(at, referral.country)):
        if verdict.filter in BINDING and not verdict.passed:
            raise rules.NotChoosable(NOT_CHOOSABLE[verdict.sentence.key])
    return service


def hand_to_desk(session: Session, referral: Referral, reason: str, *, at: datetime) -> None:
    """A hold is on intake's own list already; everything else is put on ours."""
    rules.wait_for_person(referral, reason, at=at)
    if reason == "hold":
        return
    _item(session, referral, CONSENT if reason == "consent" else CONFIRM, reason, at=at)
    announce(session, ReferralProposed(referral_id=referral.id, request_id=referral.request_id), at=at)


def give_up(session: Session, referral: Referral, reason: UnplacedReason, *, at: datetime) -> None:
    rules.give_up(referral, reason, at=at)
    _item(session, referral, UNPLACED, reason.value, at=at)
    announce(
        session,
        ReferralUnplaced(referral_id=referral.id, request_id=referral.request_id, reason=reason),
        at=at,
    )


def details(referral: Referral) -> dict[str, str]:
    """What an item of the work list says of the question: nothing by which anybody could be found."""
    known = {"requestId": str(referral.request_id), "reference": referral.about.reference or None}
    return {name: value for name, value in known.items() if value}


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
