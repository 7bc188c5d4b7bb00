"""When the telephone desk is open: by weekday, holidays, closures, and by who is there.

Hours are those of the wall clock where the caller lives; the rules answer in UTC. Holidays are the public
ones of that country, by the library `holidays`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from shared.countries import zone

# Our own choice, until the centre says otherwise: a morning and an afternoon with a lunch between them.
UNLESS_SAID = tuple(
    (weekday, *part) for weekday in range(5) for part in ((time(9), time(12, 30)), (time(13), time(17)))
)
AHEAD = timedelta(days=366)
Part = tuple[int, time, time]


@dataclass(frozen=True, order=True)
class Span:
    """A time from `begins` until just before `ends`, in UTC."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Plan:
    """What decides on the hours of one country.

    `parts` are those of the week: weekday (Monday is 0), from, until. `closures` are closed by hand.
    `staffed` is when somebody is at the telephone; None where nobody keeps shifts, and then it is not asked.
    """

    country: str
    parts: Sequence[Part] = UNLESS_SAID
    closures: Sequence[Span] = ()
    staffed: Sequence[Span] | None = None


@dataclass(frozen=True)
class Hours:
    """What a caller is told. Of the two moments one is None: an open desk closes, a closed one opens.

    Both are None where it does not open within a year.
    """

    open: bool
    opens_at: datetime | None
    closes_at: datetime | None


def hours(plan: Plan, at: datetime) -> Hours:
    """Return whether the desk is open at a moment (aware), and when that changes next."""
    for span in open_from(plan, at):
        if span.begins <= at:
            return Hours(True, None, span.ends)
        return Hours(False, span.begins, None)
    return Hours(False, None, None)


def open_from(plan: Plan, at: datetime) -> Iterator[Span]:
    """Yield the times in which the desk is open, from the one that is going on, for a year."""
    day = at.astimezone(ZoneInfo(zone(plan.country))).date()
    for span in joined(_all(plan, day - timedelta(days=1), day + AHEAD)):
        if span.ends > at:
            yield span


def _all(plan: Plan, first: date, last: date) -> Iterator[Span]:
    day = first
    while day <= last:
        spans = _of_day(plan, day)
        for closed in plan.closures:
            spans = [left for span in spans for left in _without(span, closed)]
        yield from spans if plan.staffed is None else _within(spans, plan.staffed)
        day += timedelta(days=1)


def _of_day(plan: Plan, day: date) -> list[Span]:
    if day in _holidays(plan.country, day.year):
        return []
    return [
        Span(_at(plan.country, day, opens), _at(plan.country, day, closes, end=True))
        for weekday, opens, closes in sorted(plan.parts)
        if weekday == day.weekday()
    ]


def _at(country: str, day: date, moment: time, *, end: bool = False) -> datetime:
    """Return the moment in UTC. One that the clock skips is the moment after it has skipped."""
    if end and moment == time.min:
        day += timedelta(days=1)
    return datetime.combine(day, moment, ZoneInfo(zone(country))).astimezone(UTC)


def _without(span: Span, closed: Span) -> list[Span]:
    parts = (Span(span.begins, min(span.ends, closed.begins)), Span(max(span.begins, closed.ends), span.ends))
    return [part for part in parts if part.begins < part.ends]


def _within(spans: Iterable[Span], staffed: Iterable[Span]) -> list[Span]:
    both = (Span(max(span.begins, one.begins), min(span.ends, one.ends)) for span in spans for one in staffed)
    return sorted(part for part in both if part.begins < part.ends)


def joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield spans, which come in order, with those that touch or overlap as one."""
    going: Span | None = None
    for span in spans:
        if going is not None and span.begins <= going.ends:
            going = Span(going.begins, max(going.ends, span.ends))
            continue
        if going is not None:
            yield going
        going = span
    if going is not None:
        yield going


@lru_cache(maxsize=64)
def _holidays(country: str, year: int) -> frozenset[date]:
    """Return a complete year: the calendar of the library grows while it is read, and threads share it."""
    return frozenset(holidays.country_holidays(country, years=year))
