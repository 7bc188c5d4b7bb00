"""Decisions about calls, callers and call-backs. They use no session and no clock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from services.intake.calls.tables import Call, CallState, Direction, FlagKind, NoTalk, Result
from services.intake.hours.rules import Span
from shared.countries import BY_CODE, DEFAULT
from shared.errors import RuleBroken
from shared.vocabulary import Audience, Weekday

# A missed call is called back on the same day: sooner than most people try again.
MISSED_WITHIN = timedelta(hours=2)
# A call of which no end was told is over by then.
LONGEST_CALL = timedelta(hours=4)
# So long a call that goes on keeps whoever speaks signed in: longer than any that we know of.
KEEPS_SIGNED_IN = timedelta(hours=2)
LONGEST_RING = timedelta(minutes=15)
TRIES = 3
# A flag is looked at anew at least once a year.
LONGEST_FLAG = timedelta(days=366)
SLOTS_OFFERED = 4
# What is left of it has to be worth promising.
SHORTEST_SLOT = timedelta(minutes=30)
# Of these calls nothing is kept by which the next one of the same telephone could be told.
FORGOTTEN_AT_ONCE = frozenset({NoTalk.WRONG_NUMBER, NoTalk.TEST})
FAILED = frozenset({Result.NO_ANSWER, Result.ENGAGED, Result.SOMEBODY_ELSE, Result.WRONG_NUMBER})


class Finalised(RuleBroken):
    """The call was finalised: a note can be added to it, and nothing else."""

    def __init__(self) -> None:
        super().__init__("This call was finalised already. You can add a note to it.")


class SomebodyElseHasIt(RuleBroken):
    """Another adviser has this call."""


class NotTaken(RuleBroken):
    """Nobody took this call."""


class NoPause(RuleBroken):
    """This caller is not paused: a child, or somebody who calls and says nothing."""


class OwnPause(RuleBroken):
    """Whoever asks for a pause does not agree to it too."""


class TooEarly(RuleBroken):
    """A call-back is closed as not reached only after it was tried often enough."""


# What the exchange tells


def rang(call: Call, at: datetime) -> None:
    """It began at the earliest moment that we heard of it, in whatever order we did."""
    call.at = min(call.at, at)


def answered(call: Call, user: str | None, at: datetime) -> None:
    """Somebody took it. That is heard too after the end of the call, and then it was never missed."""
    call.at = min(call.at, at)
    call.answered_at = min(filter(None, (call.answered_at, at, call.ended_at)))
    call.exchange_user = call.exchange_user or user
    _settle(call)


def hung_up(call: Call, cause: str | None, at: datetime) -> None:
    """It is over. The first word of that counts."""
    call.at = min(call.at, at)
    call.ended_at = min(filter(None, (call.ended_at, at)))
    call.cause = call.cause or cause
    if call.answered_at is not None:
        call.answered_at = min(call.answered_at, call.ended_at)
    _settle(call)


def _settle(call: Call) -> None:
    if call.answered_at is not None and call.ended_at is not None:
        call.duration = int((call.ended_at - call.answered_at).total_seconds())
    if call.state is CallState.FINALISED:
        return
    if call.answered_at is not None:
        call.state = CallState.ANSWERED
    elif call.ended_at is not None:
        call.state = CallState.MISSED


def wants_a_call_back(call: Call) -> bool:
    """Whether this is a missed call of somebody who can be called."""
    return call.state is CallState.MISSED and call.direction is Direction.IN and call.number_index is not None


def goes_on(call: Call, at: datetime) -> bool:
    """Whether somebody may still be speaking: the exchange told no end, and it began not too long ago."""
    return call.state is CallState.ANSWERED and call.ended_at is None and at < call.at + LONGEST_CALL


# Who has a call, and how it ends


def take(call: Call, staff_id: Any, *, over: bool, at: datetime) -> bool:
    """Give the call to an adviser, and return whether that is new. Raises Finalised or SomebodyElseHasIt.

    `over`: also one that somebody else has.
    """
    if call.state is CallState.FINALISED:
        raise Finalised
    if call.adviser == staff_id:
        return False
    if call.adviser is not None and not over:
        raise SomebodyElseHasIt("Somebody else has this call.")
    call.adviser = staff_id
    if call.state in (CallState.RINGING, CallState.MISSED):
        # Whoever speaks knows better than the exchange.
        answered(call, None, at)
    return True


def end(call: Call, at: datetime) -> None:
    """Note that what was said is written down. Raises Finalised."""
    if call.state is CallState.FINALISED:
        raise Finalised
    if call.answered_at is not None and call.ended_at is None:
        hung_up(call, None, at)
    call.state, call.finalised_at, call.draft = CallState.FINALISED, at, None


def no_talk(call: Call, kind: NoTalk, at: datetime) -> None:
    """Close what was no conversation: of the person nothing is kept, and of some not even a fingerprint.

    Whoever calls and says nothing is recognised the next time, so that somebody sees that they keep calling.
    """
    end(call, at)
    call.no_talk, call.number = kind, None
    call.services, call.danger = [], False
    if kind in FORGOTTEN_AT_ONCE:
        call.number_index = None


# Flags


@dataclass(frozen=True)
class CallerFacts:
    """What decides on a pause: who this caller was taken for, and what their calls were."""

    audiences: Collection[str]
    no_talks: Sequence[str | None]


def may_be_paused(facts: CallerFacts) -> None:
    """Raise NoPause for a child, and for somebody of whom there are silent calls and nothing else."""
    if Audience.CHILD in facts.audiences:
        raise NoPause("A child is never paused.")
    if not facts.no_talks or all(one in (NoTalk.SILENT, NoTalk.HUNG_UP) for one in facts.no_talks):
        raise NoPause("Whoever calls and says nothing is never paused.")


def flag_problem(kind: FlagKind, ends_at: datetime, at: datetime) -> str | None:
    """Return the code of what is wrong with the end of a flag."""
    if ends_at <= at:
        return "flag-over"
    return "flag-long" if ends_at > at + LONGEST_FLAG else None


def agree(asked_by: Any, agreed_by: Any) -> None:
    """Raise OwnPause unless a second person agrees."""
    if asked_by == agreed_by:
        raise OwnPause("A pause needs a second person: a colleague has to agree.")


# Call-backs


@dataclass(frozen=True)
class Window:
    """When somebody is called back, as it was promised to them."""

    from_: datetime
    to: datetime

    @property
    def code(self) -> str:
        return f"{self.from_:%Y-%m-%dT%H:%M}/{self.to:%H:%M}"


def zone_of(country: str) -> ZoneInfo:
    return ZoneInfo(BY_CODE.get(country, DEFAULT).zone)


def slots(opened: Iterable[Span], at: datetime, country: str) -> list[Window]:
    """Return the next times of an open desk that can be promised, on the wall clock of the country."""
    zone = zone_of(country)
    worth = (one for one in opened if one.ends - SHORTEST_SLOT > at)
    return [_on_one_day(one, zone) for one in islice(worth, SLOTS_OFFERED)]


def _on_one_day(span: Span, zone: ZoneInfo) -> Window:
    from_, to = span.begins.astimezone(zone), span.ends.astimezone(zone)
    return Window(from_, min(to, datetime.combine(from_.date(), time(23, 59), zone)))


def window(day: str, from_: str, to: str, country: str) -> Window | None:
    """Read a window as it is written, on the wall clock of the country; None where it is none."""
    zone = zone_of(country)
    try:
        on = date.fromisoformat(day)
        found = Window(
            datetime.combine(on, time.fromisoformat(from_), zone),
            datetime.combine(on, time.fromisoformat(to), zone),
        )
    except ValueError:
        return None
    return found if found.from_ < found.to else None


def window_of(code: str, country: str) -> Window | None:
    """Read the code of a window that was offered."""
    start, _, to = code.partition("/")
    day, _, from_ = start.partition("T")
    return window(day, from_, to, country)


def window_problem(promised: Window, safe: Sequence[Mapping[str, Any]], at: datetime) -> str | None:
    """Return the code of what is wrong with a window: it is over, or not inside the caller's safe times."""
    if promised.to <= at:
        return "window-over"
    if safe and not any(_holds(one, promised) for one in safe):
        return "window-unsafe"
    return None


def _holds(safe: Mapping[str, Any], promised: Window) -> bool:
    days = {Weekday(day).number for day in safe["days"]}
    from_, to = (time.fromisoformat(safe[name]) for name in ("from", "to"))
    inside = from_ <= promised.from_.time() and promised.to.time() <= to
    return promised.from_.weekday() in days and inside


def is_safe_now(safe: Sequence[Mapping[str, Any]], country: str, at: datetime) -> bool:
    """Whether calling does no harm at this moment; where nothing was said of it, every moment is as good."""
    here = at.astimezone(zone_of(country))
    return not safe or any(_holds(one, Window(here, here)) for one in safe)


def cannot_be_called(audience: str | None) -> bool:
    """Whether nobody can call them back: a call does not reach somebody in detention."""
    return audience == Audience.PARENT_IN_DETENTION


def was_tried_enough(results: Sequence[Result]) -> bool:
    """Whether what comes after trying is due: it failed often enough, or the number is somebody else's."""
    failed = [one for one in results if one in FAILED]
    return len(failed) >= TRIES or Result.WRONG_NUMBER in failed
