"""The life of a referral: what may happen in which state. No database, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.referral.referrals.tables import DeclineReason, Offer, OfferState, Referral, Status
from services.referral.referrals.working_time import DAY, HOUR, after
from shared.crypto import hash_secret, issued, sign_token, sign_tokens
from shared.errors import RuleBroken
from shared.events.referral import UnplacedReason
from shared.vocabulary import Share, Urgency

TOKEN = "offer"  # noqa: S105 - a label, not a secret


@dataclass(frozen=True)
class Times:
    """How long after an offer the partner is nudged, and when the offer expires; in working time."""

    nudge: timedelta
    expire: timedelta


# The centre chose these times.
TIMES = {
    Urgency.URGENT: Times(2 * HOUR, 1 * DAY),
    Urgency.NORMAL: Times(1 * DAY, 3 * DAY),
    Urgency.LOW: Times(3 * DAY, 5 * DAY),
}
SENIOR_AFTER, STOP_AFTER = 2, 3


class NotOpen(RuleBroken):
    """The offer has been answered, has expired or was recalled."""


class OfferExpired(RuleBroken):
    """The time to answer is over."""


class NotAllowed(RuleBroken):
    """No partner may be told of this advice request."""


class NotWaiting(RuleBroken):
    """The referral no longer waits for a person."""


class NotChoosable(RuleBroken):
    """This service cannot be asked now, not even by a person; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Next(StrEnum):
    """The next step after a partner declined or did not answer."""

    ASK_NEXT = "ask-next"
    ASK_NEXT_AND_SENIOR = "ask-next-and-senior"
    DESK_TELEPHONES = "desk-telephones"


def token_of(offer_id: UUID) -> str:
    """Return the token of a new offer's link."""
    return sign_token(TOKEN, offer_id)


def token_given(offer: Offer) -> str:
    """Return the token that this offer's partner was sent, also after the signing key was rotated."""
    return issued(sign_tokens(TOKEN, offer.id), offer.token_hash) or token_of(offer.id)


def check_that_a_partner_may_be_told(referral: Referral) -> None:
    """Raises NotAllowed without the asker's consent to sharing, and during a safety hold."""
    if referral.about.hold:
        raise NotAllowed("This advice request is on hold for a person's safety. Lift the hold first.")
    if referral.about.share is not Share.YES:
        raise NotAllowed("The asker has not agreed to sharing this advice request. Ask the asker first.")


def agree(referral: Referral) -> bool:
    """Record that the asker agreed to sharing; return whether that is new."""
    if referral.about.share is Share.YES:
        return False
    referral.profile = referral.about.shared().to_keep()
    return True


def make_offer(
    referral: Referral, service_id: UUID, country: str, *, offer_id: UUID, number: int, at: datetime
) -> Offer:
    """Return a new offer and set the referral to offered. Working time is that of the partner's `country`."""
    times = TIMES[referral.urgency]
    referral.status, referral.reason, referral.updated_at = Status.OFFERED, None, at
    referral.accepted_service_id = referral.accepted_at = None
    return Offer(
        id=offer_id,
        referral_id=referral.id,
        service_id=service_id,
        number=number,
        token_hash=hash_secret(token_of(offer_id)),
        offered_at=at,
        nudge_at=after(at, times.nudge, country),
        answer_by=after(at, times.expire, country),
    )


def accept(referral: Referral, offer: Offer, *, at: datetime) -> None:
    """Accept an open offer and its referral. Raises NotOpen or OfferExpired."""
    _while_open(offer, at)
    offer.state, offer.answered_at = OfferState.ACCEPTED, at
    referral.status, referral.updated_at = Status.ACCEPTED, at
    referral.accepted_service_id, referral.accepted_at = offer.service_id, at


def decline(offer: Offer, reason: DeclineReason, *, at: datetime) -> None:
    """Decline an open offer. Raises NotOpen or OfferExpired."""
    _while_open(offer, at)
    offer.state, offer.answered_at, offer.decline_reason = OfferState.DECLINED, at, reason


def nudge(offer: Offer, *, at: datetime) -> bool:
    """Record and return whether to nudge the partner now: once, and only while it has time to answer."""
    quiet = offer.state is OfferState.OPEN and offer.nudged_at is None
    due = quiet and offer.nudge_at <= at < offer.answer_by
    if due:
        offer.nudged_at = at
    return due


def expire(offer: Offer, *, at: datetime) -> bool:
    """Expire an open offer whose time is over; return whether it did."""
    if offer.state is not OfferState.OPEN or at < offer.answer_by:
        return False
    offer.state = OfferState.EXPIRED
    return True


def recall(offer: Offer) -> bool:
    """Recall an offer that is open or accepted; return whether it was."""
    if offer.state not in (OfferState.OPEN, OfferState.ACCEPTED):
        return False
    offer.state = OfferState.RECALLED
    return True


def after_refusals(number: int) -> Next:
    """Return the next step, given how many partners declined or did not answer."""
    if number >= STOP_AFTER:
        return Next.DESK_TELEPHONES
    return Next.ASK_NEXT_AND_SENIOR if number == SENIOR_AFTER else Next.ASK_NEXT


def wait_for_person(referral: Referral, reason: str, *, at: datetime) -> None:
    referral.status, referral.reason, referral.updated_at = Status.PROPOSED, reason, at


def give_up(referral: Referral, reason: UnplacedReason, *, at: datetime) -> None:
    referral.status, referral.reason, referral.updated_at = Status.UNPLACED, reason.value, at


def withdraw(referral: Referral, *, at: datetime) -> None:
    referral.status, referral.reason, referral.updated_at = Status.WITHDRAWN, None, at


def close(referral: Referral, reason: str, *, at: datetime) -> None:
    referral.status, referral.reason, referral.updated_at = Status.CLOSED, reason, at


def _while_open(offer: Offer, at: datetime) -> None:
    if offer.state is not OfferState.OPEN:
        raise NotOpen(offer.state.value)
    if at > offer.answer_by:
        raise OfferExpired(offer.id)
