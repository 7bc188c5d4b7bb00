"""The life of a referral: what may happen in which state. No database, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import ceil
from uuid import UUID

from services.referral.referrals.tables import (
    ConsentBy,
    ConsentHow,
    DeclineReason,
    Offer,
    OfferState,
    Referral,
    Status,
)
from shared.crypto import hash_secret, issued, sign_token, sign_tokens
from shared.errors import RuleBroken
from shared.events.referral import UnplacedReason
from shared.vocabulary import Share, Urgency
from shared.working_time import DAY, HOUR, after

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
# How long a fresh link works, asked for after the first one ended.
FRESH, ONE_IN = timedelta(days=7), timedelta(hours=1)


@dataclass(frozen=True)
class Consent:
    """Who said that the advice request may be shared, how, on which day, and who noted it."""

    by: ConsentBy
    how: ConsentHow
    on: date
    noted_by: str


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


def token_of(offer_id: UUID, epoch: int = 0) -> str:
    """Return the token of an offer's new link; each fresh link has the next epoch, and so another token."""
    return sign_token(_purpose(epoch), offer_id)


def ended_at(referral: Referral, offer: Offer) -> datetime | None:
    """Return when this partner no longer had anything to do with the referral; None while it has."""
    if offer.state is OfferState.OPEN:
        return None
    if offer.state is OfferState.ACCEPTED:
        return None if referral.status is Status.ACCEPTED else referral.updated_at
    return offer.ended_at or offer.answered_at or offer.answer_by


def link_works(referral: Referral, offer: Offer, keep: timedelta, *, at: datetime) -> bool:
    """Whether the newest link of this offer still works: for some time after its end, or a fresh one."""
    ended = ended_at(referral, offer)
    return ended is None or at < ended + keep or (offer.link_until is not None and at < offer.link_until)


def until_next_link(offer: Offer, *, at: datetime) -> int:
    """Return the seconds until another fresh link may be sent; 0 if one may be sent now."""
    if offer.link_until is None:
        return 0
    return max(0, ceil((offer.link_until - FRESH + ONE_IN - at) / timedelta(seconds=1)))


def renew_link(offer: Offer, *, at: datetime) -> bytes:
    """Give the offer a fresh link, and return the hash of the one that no longer works."""
    former = offer.token_hash
    offer.link_epoch += 1
    offer.link_until, offer.token_hash = at + FRESH, hash_secret(token_of(offer.id, offer.link_epoch))
    return former


def strip(referral: Referral, *, at: datetime) -> bool:
    """Leave only codes that single nobody out, for the figures; return whether that changed anything."""
    if referral.erased_at is not None:
        return False
    bare = {"reference": "", "postcode": "", "facility": None, "hold": False}
    referral.profile = referral.about.model_copy(update=bare).to_keep()
    referral.explanation, referral.erased_at = {}, at
    return True


def token_given(offer: Offer) -> str:
    """Return the token that this offer's partner was sent, also after the signing key was rotated."""
    tokens = sign_tokens(_purpose(offer.link_epoch), offer.id)
    return issued(tokens, offer.token_hash) or token_of(offer.id, offer.link_epoch)


def _purpose(epoch: int) -> str:
    return f"{TOKEN}:{epoch}" if epoch else TOKEN


def check_that_a_partner_may_be_told(referral: Referral) -> None:
    """Raises NotAllowed without the asker's consent to sharing, and during a safety hold."""
    if referral.about.hold:
        raise NotAllowed("This advice request is on hold for a person's safety. Lift the hold first.")
    if referral.about.share is not Share.YES:
        raise NotAllowed("The asker has not agreed to sharing this advice request. Ask the asker first.")


def agree(referral: Referral, consent: Consent) -> bool:
    """Record that the asker agreed to sharing; return whether that is new.

    Raises NotAllowed where nobody may get in touch with the asker: then only the asker can say so, on the
    page where they follow their advice request.
    """
    if referral.about.share is Share.YES:
        return False
    if not referral.about.may_contact and consent.how is not ConsentHow.ON_STATUS_PAGE:
        raise NotAllowed("Nobody may get in touch with this asker, who can only say yes on the status page.")
    referral.profile = referral.about.shared().to_keep()
    note_consent(referral, consent)
    return True


def note_consent(referral: Referral, consent: Consent) -> None:
    referral.consent_by, referral.consent_how = consent.by, consent.how
    referral.consent_on, referral.consent_noted_by = consent.on, consent.noted_by


def on_status_page(day: date) -> Consent:
    """Return the yes that an asker gives by themselves, with the code that only they have."""
    return Consent(ConsentBy.ASKER, ConsentHow.ON_STATUS_PAGE, day, noted_by="weerzien")


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
    offer.ended_at = at


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
    offer.state, offer.ended_at = OfferState.EXPIRED, at
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
