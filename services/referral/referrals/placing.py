"""Finding the next partner and asking it, inside a transaction that the caller commits."""

from __future__ import annotations

from datetime import datetime
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
from shared.desk.items import open_item
from shared.events.referral import ReferralOffered, ReferralProposed, ReferralUnplaced, UnplacedReason
from shared.ids import new_id
from shared.messaging import announce

# Kinds of work items; the desk's texts and actions are registered under these names.
CONFIRM, CONSENT, UNPLACED, SENIOR, UNDELIVERABLE, RECALL_UNDELIVERABLE = (
    "confirm-referral",
    "consent-needed",
    "unplaced-referral",
    "senior-desk",
    "offer-undeliverable",
    "recall-undeliverable",
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


def find(session: Session, referral: Referral, *, at: datetime) -> Matching:
    """Match against the directory as it is now, and keep the explanation.

    The one that it replaces stays with the offers that were made under it.
    """
    if referral.ruleset:
        _keep_why(session, referral)
    # One that was never matched has asked nobody.
    history = queries.history(session, referral.id if referral.ruleset else None, at)
    profile = request_profile(referral.request_id, referral.profile)
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
    if found.desk_reason == NO_CANDIDATE:
        give_up(session, referral, UnplacedReason.NO_CANDIDATE, at=at)
    elif found.desk_reason is not None:
        hand_to_desk(session, referral, found.desk_reason, at=at)
    elif not auto_offer:
        hand_to_desk(session, referral, POLICY, at=at)
    else:
        ask(session, referral, found.offerable[0].service, at=at)


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
    rules.check_that_a_partner_may_be_told(referral)
    # A row that is not in the database yet has no offers there either.
    number = 1 + (0 if referral in session.new else queries.count_offers(session, referral.id))
    # Whose holidays count while the partner may answer; one that works everywhere keeps the asker's.
    country = working_country(service.country, referral.country)
    offer = rules.make_offer(referral, service.id, country, offer_id=new_id(), number=number, at=at)
    # What it belongs to is written before it.
    session.flush()
    session.add(offer)
    announce(
        session,
        ReferralOffered(referral_id=referral.id, request_id=referral.request_id, offer_id=offer.id),
        at=at,
    )
    return offer


def choosable(session: Session, referral: Referral, service_id: UUID, *, at: datetime) -> ServiceProfile:
    """Raises NotChoosable for who cannot be asked or was asked already. All else a person may weigh."""
    stands = queries.open_offer(session, referral.id)
    if stands and stands.service_id == service_id:
        raise rules.NotChoosable("service-asked-now")
    service = next((one for one in services_now(session) if one.id == service_id), None)
    if service is None:
        raise rules.NotChoosable("unknown-service")
    profile = request_profile(referral.request_id, referral.profile)
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
    known = {"requestId": str(referral.request_id), "reference": referral.profile.get("reference")}
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
