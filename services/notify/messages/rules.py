"""The decisions about a message. Nothing here touches a database, a network or a clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notify.channels.port import (
    Accepted,
    Fault,
    NotSent,
    Outcome,
    ProviderStatus,
    Rejected,
    Seen,
)
from services.notify.contacts.rules import PAUSED
from services.notify.messages.purposes import ROWS
from services.notify.messages.tables import AttemptState, MessageState, Purpose, RecipientKind

# Waits after "surely not sent". After some fourteen hours without the provider a person decides.
BACKOFF = tuple(timedelta(seconds=s) for s in (5, 15, 60, 120, 300, 600, 1200, 1800, *[3600] * 12))
# A provider that asks for more is asked again after this.
LONGEST_WAIT = timedelta(hours=24)
# Who is refused, and not for the message's sake, waits for whoever mends that; then a person should know.
OURS_AT_MOST = timedelta(days=5)
OURS_AGAIN = timedelta(minutes=15)
SPREAD_AT_MOST = timedelta(minutes=12)
# How long after it became unknown a text is looked for at the provider; after the last look a person decides.
LOOKS = tuple(timedelta(minutes=m) for m in (1, 2, 4, 8, 15, 30))
# A call is surely over this long after it began: all its time-outs together, with room to spare.
CALL_ENDS = timedelta(seconds=60)
# A provider's clock and ours may differ by this much.
CLOCKS_DIFFER = timedelta(seconds=30)
TOO_LATE = "too-late"
# How long a text to a number whose texts are paused waits until it is looked at again.
LOOK_AT_A_PAUSE = timedelta(minutes=10)
# For this long a person may still be waiting for an answer, so it goes at any hour.
JUST_NOW = timedelta(hours=1)

_ON_ITS_WAY = (
    ProviderStatus.ACCEPTED,
    ProviderStatus.SCHEDULED,
    ProviderStatus.QUEUED,
    ProviderStatus.SENDING,
    ProviderStatus.SENT,
)
_ARRIVED = (ProviderStatus.DELIVERED, ProviderStatus.READ)
FAILED = frozenset(
    {MessageState.REJECTED, MessageState.UNDELIVERED, MessageState.PERSON, MessageState.EXPIRED}
)
SETTLED = frozenset({MessageState.DELIVERED, MessageState.UNDELIVERED})
SUPPRESSED, OUTSIDE_WINDOW = "suppressed", "outside-window"
UNHEARD = frozenset({SUPPRESSED, "visit-past"})


@dataclass(frozen=True)
class Standing:
    """The states of a message and its attempt. `due_at`: when to try, or look for it, again."""

    state: MessageState
    attempt: AttemptState
    due_at: datetime | None = None
    reason: str | None = None


def state_for(status: ProviderStatus) -> MessageState:
    """Translate a provider's status. Partially delivered counts as undelivered: half a text is no help."""
    if status in _ON_ITS_WAY:
        return MessageState.ACCEPTED
    return MessageState.DELIVERED if status in _ARRIVED else MessageState.UNDELIVERED


def further(known: ProviderStatus | None, heard: ProviderStatus) -> bool:
    """Whether a report is further along than the last. Reports come late, twice and out of order."""
    return known is None or _rank(heard) > _rank(known)


def _rank(status: ProviderStatus) -> int:
    if status in _ON_ITS_WAY:
        return _ON_ITS_WAY.index(status)
    return len(_ON_ITS_WAY) + (status == ProviderStatus.READ)


def after_report(
    state: MessageState,
    known: ProviderStatus | None,
    heard: ProviderStatus,
    *,
    is_latest: bool = True,
) -> MessageState | None:
    """Return the state after a status report, or None if the report changes nothing.

    A report proves that the provider took the text, whatever we believed before, so it is never sent again.
    A report on an attempt that is not the latest counts only if it says delivered.
    """
    if not further(known, heard) or state in SETTLED:
        return None
    reported = state_for(heard)
    return reported if is_latest or reported is MessageState.DELIVERED else None


def after_outcome(
    outcome: Outcome,
    *,
    state: MessageState,
    known: ProviderStatus | None,
    tries: int,
    not_after: datetime | None,
    spread: float,
    at: datetime,
    since: datetime | None = None,
) -> Standing:
    """Decide what the outcome of a call means for a message in `state`, wanted since `since`.

    `known` is the status of a report that came first, if any. `tries` includes this one. `spread`, in [0, 1),
    keeps messages that failed together from retrying together.
    """
    if isinstance(outcome, Accepted):
        moved = after_report(state, known, outcome.status)
        return Standing(moved or state, AttemptState.ACCEPTED)
    if known is not None:
        return Standing(state, AttemptState.ACCEPTED)
    if isinstance(outcome, Rejected):
        return Standing(MessageState.REJECTED, AttemptState.REJECTED, reason=outcome.code)
    if isinstance(outcome, NotSent):
        return _try_again(outcome, tries, not_after, spread, at, since)
    return unknown(outcome.reason, at)


def unknown(reason: str, at: datetime) -> Standing:
    return Standing(MessageState.UNKNOWN, AttemptState.UNKNOWN, due_at=at + LOOKS[0], reason=reason)


def after_dropped(
    reason: str, *, tries: int, not_after: datetime | None, spread: float, at: datetime
) -> Standing:
    """Decide what follows when the provider says that it dropped a text before it left: as if not taken."""
    return _try_again(NotSent(reason), tries, not_after, spread, at)


def may_be_planned_again(state: MessageState) -> bool:
    """Whether a text that never left goes back by itself; where a person was asked, the person decides."""
    return state in (MessageState.IN_FLIGHT, MessageState.ACCEPTED, MessageState.UNKNOWN)


def _try_again(
    outcome: NotSent,
    tries: int,
    not_after: datetime | None,
    spread: float,
    at: datetime,
    since: datetime | None = None,
) -> Standing:
    """`tries` are those that count; `since`: when the message was wanted."""
    given_up = at - (since or at) > OURS_AT_MOST if outcome.ours else tries > len(BACKOFF)
    if given_up:
        return Standing(MessageState.PERSON, AttemptState.NOT_SENT, reason=outcome.reason)
    if outcome.ours:
        asked = timedelta(seconds=outcome.retry_after or 0)
        due_at = at + max(OURS_AGAIN, asked) + OURS_AGAIN * 0.2 * spread
    else:
        due_at = at + backoff(max(tries, 1), outcome.retry_after, spread)
    if not_after is not None and due_at > not_after:
        return Standing(MessageState.EXPIRED, AttemptState.NOT_SENT, reason=outcome.reason)
    return Standing(MessageState.PLANNED, AttemptState.NOT_SENT, due_at=due_at, reason=outcome.reason)


def backoff(tries: int, retry_after: int | None, spread: float) -> timedelta:
    """Return the wait after the `tries`-th try: never less than the provider asks, up to a day.

    What is asked for is kept to the letter; the spread comes on top of it.
    """
    asked = min(timedelta(seconds=retry_after or 0), LONGEST_WAIT)
    wait = max(BACKOFF[tries - 1], asked)
    return wait + min(wait * 0.2, SPREAD_AT_MOST) * spread


def look_again(unknown_at: datetime, at: datetime) -> datetime | None:
    """Return when to ask the provider again about a text that may be on its way; None: a person decides."""
    return next((unknown_at + wait for wait in LOOKS if unknown_at + wait > at), None)


def find(seen: Sequence[Seen], called_at: datetime, until: datetime) -> Seen | None:
    """Return the only text among `seen` that an attempt can be; None if none fits, or more than one.

    `seen` holds texts to the attempt's number that no other attempt is bound to. Times are machine time.
    """
    fitting = [one for one in seen if called_at - CLOCKS_DIFFER <= one.created_at <= until + CLOCKS_DIFFER]
    return fitting[0] if len(fitting) == 1 else None


@dataclass(frozen=True)
class Go:
    """The call may be made now."""


@dataclass(frozen=True)
class Wait:
    until: datetime
    reason: str


@dataclass(frozen=True)
class Stop:
    state: MessageState
    reason: str


def keeps_to_the_window(*, purpose: Purpose, windowed: bool, asked_at: datetime, at: datetime) -> bool:
    """Whether a message keeps to the window.

    An answer to what a person did just now goes at once; hours later it must not wake them.
    """
    return windowed or (not ROWS[purpose].at_any_hour and at - asked_at > JUST_NOW)


def at_the_door(
    *,
    purpose: Purpose,
    not_after: datetime | None,
    silence: str | None,
    opens_at: datetime,
    ceiling_until: datetime | None,
    at: datetime,
) -> Go | Wait | Stop:
    """Take the last decision before a call. `opens_at`: the first allowed moment from `at` on, or `at`.

    `silence`: why nothing may go there, if so. What a pause holds back waits for the person who will look,
    unless people act on it: they are then told by telephone, as if the pause were for good.
    """
    row = ROWS[purpose]
    paused = silence == PAUSED and not row.must_be_heard
    if silence and not paused and not row.passes_suppression:
        return Stop(MessageState.VOID, SUPPRESSED)
    wait_until = max(opens_at, ceiling_until or opens_at)
    if paused and not row.passes_suppression:
        wait_until = max(wait_until, at + LOOK_AT_A_PAUSE)
    if not_after is not None and max(wait_until, at) > not_after:
        return Stop(MessageState.EXPIRED, TOO_LATE)
    if paused and not row.passes_suppression:
        return Wait(wait_until, PAUSED)
    if ceiling_until is not None:
        return Wait(wait_until, "ceiling")
    if opens_at > at:
        return Wait(opens_at, OUTSIDE_WINDOW)
    return Go()


def as_others_see_it(state: MessageState, reason: str | None) -> MessageState:
    """Return what a key sees that is not the centre's own: it is to go, was taken on, or is about nothing.

    How it ended with a number is not in it: that would tell whoever sends in a stranger's number whether its
    owner wants no texts, or gets many.
    """
    is_off = state is MessageState.VOID and reason != SUPPRESSED
    is_to_go = state is MessageState.PLANNED and reason in (None, OUTSIDE_WINDOW)
    return state if is_off or is_to_go else MessageState.ACCEPTED


def owner_is_told(kind: RecipientKind) -> bool:
    """Whether a failure is told to referral, which owns a partner's offer, rather than to our own desk."""
    return kind is RecipientKind.PARTNER


def may_unsubscribe(kind: RecipientKind) -> bool:
    """Whether a mail carries a link that ends all mail to its address.

    A partner's mail is work that it asked for, and a link to sign in was asked for just now.
    """
    return kind not in (RecipientKind.PARTNER, RecipientKind.MEMBER)


def needs_a_person(purpose: Purpose, state: MessageState, reason: str | None = None) -> bool:
    if state is MessageState.VOID:
        return ROWS[purpose].must_be_heard and reason in UNHEARD
    return state in FAILED and not ROWS[purpose].silent


def suppresses(outcome: Outcome) -> bool:
    return isinstance(outcome, Rejected) and outcome.fault is Fault.OPTED_OUT
