"""Everything that can be done with a referral.

Accept, decline, nudge and expire are each one transaction, which commits at its end. No other function here
commits: the consumer of events, the desk or the import does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from services.referral.directory.rules import local_day
from services.referral.matching.explaining import first_to_ask
from services.referral.referrals import placing, queries, rules
from services.referral.referrals.placing import (
    HELPER_LEFT,
    LINK_UNDELIVERABLE,
    RECALL_UNDELIVERABLE,
    UNDELIVERABLE,
    Cause,
)
from services.referral.referrals.rules import Consent
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
from shared.vocabulary import Share

SETTLED, PARTNER_LEFT = "settled", "partner-left"

ONE_AT_A_TIME = text("""
    SELECT pg_advisory_xact_lock(hashtextextended(request, 0))
    FROM unnest(CAST(:requests AS text[])) AS request
""")


@dataclass(frozen=True)
class NewRequest:
    """An advice request as intake describes it, and the event that told us of it.

    `consent` is a yes that its asker gave since it came in.
    """

    request_id: UUID
    facts: AboutRequest
    cause: Cause
    consent: Consent | None = None


def receive(
    session: Session,
    request_id: UUID,
    facts: AboutRequest,
    *,
    at: datetime,
    auto_offer: bool,
    consent: Consent | None = None,
) -> None:
    """Begin the referral of one advice request, as `receive_all` does, caused by the event being handled."""
    cause = Cause(telemetry.correlation_id.get(), telemetry.causation_id.get())
    receive_all(session, [NewRequest(request_id, facts, cause, consent)], at=at, auto_offer=auto_offer)


def receive_all(session: Session, questions: Sequence[NewRequest], *, at: datetime, auto_offer: bool) -> None:
    """Begin a referral for each advice request, except those that were withdrawn. Idempotent."""
    ids = [question.request_id for question in questions]
    _one_at_a_time(session, *ids)
    known = queries.already_known(session, ids)
    new = {
        question.request_id: (_begun(question, at), question.cause)
        for question in questions
        if question.request_id not in known
    }
    if new:
        placing.place_new(session, list(new.values()), at=at, auto_offer=auto_offer)


def _begun(question: NewRequest, at: datetime) -> Referral:
    referral = Referral(
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
    if question.consent is not None:
        rules.note_consent(referral, question.consent)
    return referral


def reconsider(
    session: Session,
    request_id: UUID,
    facts: AboutRequest,
    *,
    at: datetime,
    auto_offer: bool,
    consent: Consent | None = None,
) -> None:
    """Match a changed advice request again if its referral is still proposed.

    Where the event of its arrival has not come yet, begin the referral. `consent` is the yes that changed it.
    """
    _one_at_a_time(session, request_id)
    known = queries.referral_of(session, request_id)
    if known is None:
        receive(session, request_id, facts, at=at, auto_offer=auto_offer, consent=consent)
        return
    referral = queries.locked_referral(session, known.id)
    if referral and referral.status is Status.PROPOSED:
        meant = first_to_ask(referral.explanation) if consent else None
        if consent and referral.about.share is not Share.YES:
            rules.note_consent(referral, consent)
        referral.profile = facts.to_keep()
        resolve_all(session, referral.id, "changed", at=at)
        service = UUID(meant["serviceId"]) if meant else None
        placing.place(session, referral, at=at, auto_offer=auto_offer, meant=service)


def withdraw(session: Session, request_id: UUID, *, at: datetime) -> None:
    """End the referral of an advice request that its asker withdrew, and recall its offer. Idempotent.

    The recall is announced, so that the partner is told. Works in any order with the arrival of the request.
    """
    _one_at_a_time(session, request_id)
    session.execute(insert(WithdrawnRequest).values(request_id=request_id, at=at).on_conflict_do_nothing())
    known = queries.referral_of(session, request_id)
    referral = queries.locked_referral(session, known.id) if known else None
    if referral and referral.status not in (Status.WITHDRAWN, Status.CLOSED):
        _recall(session, referral, at=at, accepted_too=True)
        rules.withdraw(referral, at=at)
        resolve_all(session, referral.id, "withdrawn", at=at)


def accept(session: Session, offer_id: UUID, *, at: datetime) -> None:
    """Accept an offer for its partner.

    Raises NotFound, NotOpen or OfferExpired; then nothing has been changed or announced. An offer is closed
    to an organisation that is no longer a partner.
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
    """Decline an offer for its partner and ask the next one. Raises NotFound, NotOpen or OfferExpired."""
    referral, offer = _locked(session, offer_id)
    rules.decline(offer, reason, at=at)
    resolve_all(session, referral.id, "declined", at=at, kinds=[UNDELIVERABLE])
    session.flush()
    placing.place_after_refusal(session, referral, at=at, auto_offer=auto_offer)
    session.commit()


def nudge(session: Session, offer_id: UUID, *, at: datetime) -> None:
    """Ask a partner that has not answered once more, unless it is no longer a partner. Idempotent."""
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
    """Let an unanswered offer expire, announce it, and ask the next partner. Idempotent."""
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
    """Put an offer whose mail will not arrive on the work list: call the partner, or choose another."""
    _stuck(session, offer_id, "mail-not-delivered", at=at)


def partners_left(session: Session, services: Sequence[UUID], *, at: datetime) -> None:
    """Put on the work list what these services, which can no longer be asked, leave behind.

    For an open offer a person chooses another partner. For a referral that a service accepted in the last
    ninety days, if it is no longer a partner, a person sees to it that the asker is helped.
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
    """Put a recall whose mail will not arrive on the work list, whatever the state of the advice request.

    A person then tells the partner that it need not answer.
    """
    _of_partner(session, offer_id, RECALL_UNDELIVERABLE, "recall-not-delivered", at=at)


def link_undeliverable(session: Session, offer_id: UUID, *, at: datetime) -> None:
    """Put a fresh link whose mail will not arrive on the work list: somebody at the partner waits for it."""
    _of_partner(session, offer_id, LINK_UNDELIVERABLE, "link-not-delivered", at=at)


def choose(session: Session, referral_id: UUID, service_id: UUID, *, at: datetime) -> None:
    """Offer to the service that a person chose; an open offer is recalled first.

    Raises NotFound, NotChoosable, NotAllowed, or NotWaiting where a partner is helping or the advice request
    is over.
    """
    referral = queries.locked_referral(session, referral_id)
    if referral is None:
        raise NotFound("There is no such referral.")
    left = _helper_left(session, referral, at)
    if referral.status not in (Status.PROPOSED, Status.UNPLACED, Status.OFFERED) and not left:
        raise rules.NotWaiting(f"This advice request is {referral.status} by now.")
    service = placing.choosable(session, referral, service_id, at=at)
    _recall(session, referral, at=at, accepted_too=left)
    session.flush()
    placing.ask(session, referral, service, at=at)
    resolve_all(session, referral.id, "another-chosen", at=at)


def agree(session: Session, referral_id: UUID, consent: Consent, *, at: datetime) -> None:
    """Record that the asker, when asked by the desk, agreed to sharing, and announce it. Idempotent.

    Raises NotFound, or NotAllowed where nobody may ask.
    """
    referral = queries.locked_referral(session, referral_id)
    if referral is None:
        raise NotFound("There is no such referral.")
    if rules.agree(referral, consent):
        announce(session, ReferralConsented(referral_id=referral.id, request_id=referral.request_id), at=at)


def settle(session: Session, referral_id: UUID, outcome: ReferralOutcome, *, at: datetime) -> None:
    """Close a referral whose asker was helped by the desk; an open offer is recalled.

    Raises NotFound, NotWaiting where the advice request is over, and NotAllowed where somebody who is not to
    be contacted would have been called.
    """
    referral = queries.locked_referral(session, referral_id)
    if referral is None:
        raise NotFound("There is no such referral.")
    if referral.status in (Status.WITHDRAWN, Status.CLOSED):
        raise rules.NotWaiting(f"This advice request is {referral.status} by now.")
    if outcome is ReferralOutcome.SETTLED_BY_TELEPHONE:
        rules.check_may_call(referral)
    _recall(session, referral, at=at, accepted_too=False)
    rules.close(referral, SETTLED, at=at)
    announce(
        session,
        ReferralClosed(
            referral_id=referral.id,
            request_id=referral.request_id,
            outcome=outcome,
        ),
        at=at,
    )
    resolve_all(session, referral.id, SETTLED, at=at)


def _of_partner(session: Session, offer_id: UUID, kind: str, reason: str, *, at: datetime) -> None:
    view = queries.offer_views(session, [offer_id]).get(offer_id)
    if view:
        open_item(
            session,
            kind=kind,
            reason=reason,
            subject_id=offer_id,
            details=placing.details(view.referral) | {"offerId": str(offer_id)},
            dedupe_key=f"{kind}:{offer_id}",
            at=at,
        )


def _stuck(session: Session, offer_id: UUID, reason: str, *, at: datetime) -> None:
    locked = queries.locked_offer(session, offer_id)
    if locked and locked[1].state is OfferState.OPEN:
        referral, offer = locked
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
    """Whether the service that accepted is no longer a partner."""
    helper = referral.accepted_service_id if referral.status is Status.ACCEPTED else None
    return helper is not None and not queries.is_partner(session, helper, local_day(at, referral.country))


def _recall(session: Session, referral: Referral, *, at: datetime, accepted_too: bool) -> None:
    states = (OfferState.OPEN, OfferState.ACCEPTED) if accepted_too else (OfferState.OPEN,)
    offer = queries.open_offer(session, referral.id, *states)
    if offer and rules.recall(offer):
        offer.ended_at = at
        announce(
            session,
            ReferralRecalled(referral_id=referral.id, request_id=referral.request_id, offer_id=offer.id),
            at=at,
        )


def _locked(session: Session, offer_id: UUID) -> tuple[Referral, Offer]:
    locked = queries.locked_offer(session, offer_id)
    if locked is None:
        raise NotFound("There is no such offer.")
    return locked


def _one_at_a_time(session: Session, *request_ids: UUID) -> None:
    """Make arrival, change and withdrawal of an advice request wait for each other, also before it has a row.

    Locks in the order of the ids, which is the order in which the consumer hands out events that come
    together. The locks last until the transaction ends.
    """
    session.execute(ONE_AT_A_TIME, {"requests": sorted(str(request_id) for request_id in request_ids)})
