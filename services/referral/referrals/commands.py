"""What can be done with a referral. What is done on news of a question, and for the desk, its caller commits;
each of the others is one transaction that commits at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from services.referral.directory.rules import local_day
from services.referral.referrals import placing, queries, rules
from services.referral.referrals.placing import (
    HELPER_LEFT,
    RECALL_UNDELIVERABLE,
    UNDELIVERABLE,
    Cause,
)
from services.referral.referrals.tables import (
    DeclineReason,
    Offer,
    OfferState,
    Referral,
    Status,
    WithdrawnRequest,
)
from shared import telemetry
from shared.desk.items import open_item, resolve_all
from shared.errors import NotFound
from shared.events.details import AboutRequest
from shared.events.referral import (
    ReferralAccepted,
    ReferralClosed,
    ReferralConsented,
    ReferralExpired,
    ReferralNudged,
    ReferralOutcome,
    ReferralRecalled,
)
from shared.ids import new_id
from shared.messaging import announce

SETTLED, PARTNER_LEFT = "settled", "partner-left"

ONE_AT_A_TIME = text("""
    SELECT pg_advisory_xact_lock(hashtextextended(request, 0))
    FROM unnest(CAST(:requests AS text[])) AS request
""")


@dataclass(frozen=True)
class Question:
    """A question as intake tells of it, and what made us hear of it."""

    request_id: UUID
    facts: AboutRequest
    cause: Cause


def receive(
    session: Session, request_id: UUID, facts: AboutRequest, *, at: datetime, auto_offer: bool
) -> None:
    """As `receive_all`, of one, as part of what is being done (see telemetry)."""
    cause = Cause(telemetry.correlation_id.get(), telemetry.causation_id.get())
    receive_all(session, [Question(request_id, facts, cause)], at=at, auto_offer=auto_offer)


def receive_all(session: Session, questions: Sequence[Question], *, at: datetime, auto_offer: bool) -> None:
    """Begin a referral for each question. Twice is as once, and nothing happens for one that was taken back.

    The caller commits.
    """
    ids = [question.request_id for question in questions]
    _one_at_a_time(session, *ids)
    settled = queries.settled(session, ids)
    new = {one.request_id: (_begun(one, at), one.cause) for one in questions if one.request_id not in settled}
    if new:
        placing.place_new(session, list(new.values()), at=at, auto_offer=auto_offer)


def _begun(question: Question, at: datetime) -> Referral:
    return Referral(
        id=new_id(),
        request_id=question.request_id,
        country=question.facts.country,
        urgency=question.facts.urgency,
        profile=question.facts.to_keep(),
        explanation={},
        ruleset="",
        created_at=at,
        updated_at=at,
    )


def reconsider(
    session: Session, request_id: UUID, facts: AboutRequest, *, at: datetime, auto_offer: bool
) -> None:
    """Look again at a question about which something changed, while nobody has been asked yet.

    Where the news of its arrival has not come yet, this is that news. The caller commits.
    """
    _one_at_a_time(session, request_id)
    found = queries.referral_of(session, request_id)
    if found is None:
        receive(session, request_id, facts, at=at, auto_offer=auto_offer)
        return
    referral = queries.locked_referral(session, found.id)
    if referral and referral.status is Status.PROPOSED:
        referral.profile = facts.to_keep()
        resolve_all(session, referral.id, "changed", at=at)
        placing.place(session, referral, at=at, auto_offer=auto_offer)


def withdraw(session: Session, request_id: UUID, *, at: datetime) -> None:
    """The asker took the question back: recall what was offered and tell the partner. Twice is as once.

    The caller commits.
    """
    _one_at_a_time(session, request_id)
    session.execute(insert(WithdrawnRequest).values(request_id=request_id, at=at).on_conflict_do_nothing())
    found = queries.referral_of(session, request_id)
    referral = queries.locked_referral(session, found.id) if found else None
    if referral and referral.status not in (Status.WITHDRAWN, Status.CLOSED):
        _recall(session, referral, at=at, accepted_too=True)
        rules.withdraw(referral, at=at)
        resolve_all(session, referral.id, "withdrawn", at=at)


def accept(session: Session, offer_id: UUID, *, at: datetime) -> None:
    """A partner says yes. Raises NotFound, NotOpen or OfferExpired; then nothing was changed or announced.

    To who is no partner any more the offer is not open.
    """
    referral, offer = _locked(session, offer_id)
    if not queries.is_partner(session, offer.service_id, local_day(at, referral.country)):
        raise rules.NotOpen(PARTNER_LEFT)
    rules.accept(referral, offer, at=at)
    resolve_all(session, referral.id, "accepted", at=at)
    announce(
        session,
        ReferralAccepted(referral_id=referral.id, request_id=referral.request_id, offer_id=offer.id),
        at=at,
    )
    session.commit()


def decline(
    session: Session, offer_id: UUID, reason: DeclineReason, *, at: datetime, auto_offer: bool
) -> None:
    """A partner says no, and the next is asked. Raises NotFound, NotOpen or OfferExpired."""
    referral, offer = _locked(session, offer_id)
    rules.decline(offer, reason, at=at)
    resolve_all(session, referral.id, "declined", at=at, kinds=[UNDELIVERABLE])
    session.flush()
    placing.place_after_refusal(session, referral, at=at, auto_offer=auto_offer)
    session.commit()


def nudge(session: Session, offer_id: UUID, *, at: datetime) -> None:
    """Ask a quiet partner once more, unless it is none any more. Twice is as once."""
    referral, offer = _locked(session, offer_id)
    is_partner = queries.is_partner(session, offer.service_id, local_day(at, referral.country))
    if rules.nudge(offer, at=at) and is_partner:
        announce(
            session,
            ReferralNudged(referral_id=referral.id, request_id=referral.request_id, offer_id=offer.id),
            at=at,
        )
    offer.leased_until = None
    session.commit()


def expire(session: Session, offer_id: UUID, *, at: datetime, auto_offer: bool) -> None:
    """Let an offer lapse, tell the partner, and ask the next. Twice is as once."""
    referral, offer = _locked(session, offer_id)
    offer.leased_until = None
    if rules.expire(offer, at=at):
        resolve_all(session, referral.id, "expired", at=at, kinds=[UNDELIVERABLE])
        session.flush()
        announce(
            session,
            ReferralExpired(referral_id=referral.id, request_id=referral.request_id, offer_id=offer.id),
            at=at,
        )
        placing.place_after_refusal(session, referral, at=at, auto_offer=auto_offer)
    session.commit()


def offer_undeliverable(session: Session, offer_id: UUID, *, at: datetime) -> None:
    """The mail with the offer will not arrive: a person calls the partner or chooses another.

    The caller commits.
    """
    _stuck(session, offer_id, "mail-not-delivered", at=at)


def partners_left(session: Session, services: Sequence[UUID], *, at: datetime) -> None:
    """These cannot say yes any more: a person chooses another where they were asked, and where they had said
    yes and are no partner any more, sees who helps now. The caller commits.
    """
    for offer_id in queries.open_offers_to(session, services):
        _stuck(session, offer_id, PARTNER_LEFT, at=at)
    for referral_id in queries.accepted_by(session, services, at):
        referral = queries.locked_referral(session, referral_id)
        if referral and _helper_left(session, referral, at):
            open_item(
                session,
                kind=HELPER_LEFT,
                reason=HELPER_LEFT,
                subject_id=referral.id,
                details=placing.details(referral),
                dedupe_key=f"{HELPER_LEFT}:{referral.id}",
                at=at,
            )


def recall_undeliverable(session: Session, offer_id: UUID, *, at: datetime) -> None:
    """The mail that an offer is over will not arrive: a person tells the partner, whatever became of the
    question. The caller commits.
    """
    found = queries.offer_views(session, [offer_id]).get(offer_id)
    if found:
        open_item(
            session,
            kind=RECALL_UNDELIVERABLE,
            reason="recall-not-delivered",
            subject_id=offer_id,
            details=placing.details(found.referral) | {"offerId": str(offer_id)},
            dedupe_key=f"{RECALL_UNDELIVERABLE}:{offer_id}",
            at=at,
        )


def choose(session: Session, referral_id: UUID, service_id: UUID, *, at: datetime) -> None:
    """The desk decides who is asked; an offer that stands is recalled first. The desk commits.

    Raises NotFound, NotWaiting where a partner helps or the question is over, or NotChoosable.
    """
    referral = queries.locked_referral(session, referral_id)
    if referral is None:
        raise NotFound("There is no such referral.")
    left = _helper_left(session, referral, at)
    if referral.status not in (Status.PROPOSED, Status.UNPLACED, Status.OFFERED) and not left:
        raise rules.NotWaiting(f"This question is {referral.status} by now.")
    service = placing.choosable(session, referral, service_id, at=at)
    _recall(session, referral, at=at, accepted_too=left)
    session.flush()
    placing.ask(session, referral, service, at=at)
    resolve_all(session, referral.id, "another-chosen", at=at)


def agree(session: Session, referral_id: UUID, *, at: datetime) -> None:
    """The asker said yes to sharing when asked. Twice is as once. The desk commits. Raises NotFound."""
    referral = queries.locked_referral(session, referral_id)
    if referral is None:
        raise NotFound("There is no such referral.")
    if rules.agree(referral):
        announce(session, ReferralConsented(referral_id=referral.id, request_id=referral.request_id), at=at)


def settle_by_telephone(session: Session, referral_id: UUID, *, at: datetime) -> None:
    """The desk has helped the asker itself; an offer that stands is recalled. The desk commits."""
    referral = queries.locked_referral(session, referral_id)
    if referral is None:
        raise NotFound("There is no such referral.")
    if referral.status in (Status.WITHDRAWN, Status.CLOSED):
        raise rules.NotWaiting(f"This question is {referral.status} by now.")
    _recall(session, referral, at=at, accepted_too=False)
    rules.close(referral, SETTLED, at=at)
    announce(
        session,
        ReferralClosed(
            referral_id=referral.id,
            request_id=referral.request_id,
            outcome=ReferralOutcome.SETTLED_BY_TELEPHONE,
        ),
        at=at,
    )
    resolve_all(session, referral.id, SETTLED, at=at)


def _stuck(session: Session, offer_id: UUID, reason: str, *, at: datetime) -> None:
    found = queries.locked_offer(session, offer_id)
    if found and found[1].state is OfferState.OPEN:
        referral, offer = found
        open_item(
            session,
            kind=UNDELIVERABLE,
            reason=reason,
            subject_id=referral.id,
            details=placing.details(referral) | {"offerId": str(offer.id)},
            dedupe_key=f"{UNDELIVERABLE}:{offer.id}",
            at=at,
        )


def _helper_left(session: Session, referral: Referral, at: datetime) -> bool:
    """Whether who said yes is no partner any more."""
    helper = referral.accepted_service_id if referral.status is Status.ACCEPTED else None
    return helper is not None and not queries.is_partner(session, helper, local_day(at, referral.country))


def _recall(session: Session, referral: Referral, *, at: datetime, accepted_too: bool) -> None:
    states = (OfferState.OPEN, OfferState.ACCEPTED) if accepted_too else (OfferState.OPEN,)
    offer = queries.open_offer(session, referral.id, *states)
    if offer and rules.recall(offer):
        announce(
            session,
            ReferralRecalled(referral_id=referral.id, request_id=referral.request_id, offer_id=offer.id),
            at=at,
        )


def _locked(session: Session, offer_id: UUID) -> tuple[Referral, Offer]:
    found = queries.locked_offer(session, offer_id)
    if found is None:
        raise NotFound("There is no such offer.")
    return found


def _one_at_a_time(session: Session, *request_ids: UUID) -> None:
    """Arrival, change and withdrawal of one question wait for each other, also before there is a row.

    In the order of the ids, in which the consumer hands out what comes together.
    """
    session.execute(ONE_AT_A_TIME, {"requests": sorted(str(one) for one in request_ids)})
