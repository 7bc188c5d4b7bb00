"""When the telephone desk is open: by weekday, holidays, closures, and by who is there.

Hours are those of the wall clock where the caller lives; the rules answer in UTC. Holidays are the public
ones of that country, by the library `holidays`.
"""

from __future__ import annotations

import re
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
LONGEST_SHIFT = timedelta(hours=12)
PERIOD = re.compile(r"(\d{1,2})[:.](\d{2})\s*[-–]\s*(\d{1,2})[:.](\d{2})")
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


# How people write hours, closures and shifts


def read_day(weekday: int, written: str) -> list[Part] | None:
    """Return the parts of a day as they are written: `09:00-12:30, 13:00-17:00`; None where that is no time.

    Midnight as an end (`00:00` or `24:00`) is the end of the day.
    """
    parts: list[Part] = []
    for piece in filter(None, (one.strip() for one in re.split("[,;]", written))):
        found = PERIOD.fullmatch(piece)
        opens, closes = (_clock(found[1], found[2]), _clock(found[3], found[4])) if found else (None, None)
        if opens is None or closes is None or not (opens < closes or closes == time.min):
            return None
        parts.append((weekday, opens, closes))
    return sorted(parts)


def _clock(hour: str, minute: str) -> time | None:
    try:
        return time(int(hour) % 24 if int(hour) <= 24 and minute == "00" else int(hour), int(minute))
    except ValueError:
        return None


def overlap(parts: Sequence[Part]) -> bool:
    """Whether two parts of one day, in order, share a moment."""
    ends = (time.max if closes == time.min else closes for _, _, closes in parts)
    return any(end > after[1] for end, after in zip(ends, parts[1:], strict=False))


def write_day(parts: Iterable[Part], weekday: int) -> str:
    """Return the parts of a day as `read_day` reads them."""
    return ", ".join(
        f"{opens:%H:%M}-{closes:%H:%M}" for day, opens, closes in sorted(parts) if day == weekday
    )


def span_of(
    first: str, opens: str, last: str, closes: str, country: str, *, longest: timedelta = AHEAD
) -> Span | None:
    """Read a time between two moments on the wall clock of a country; None where it is none."""
    try:
        span = Span(
            _at(country, date.fromisoformat(first), time.fromisoformat(opens).replace(tzinfo=None)),
            _at(country, date.fromisoformat(last), time.fromisoformat(closes).replace(tzinfo=None)),
        )
    except (ValueError, OverflowError):
        return None
    return span if span.begins < span.ends <= span.begins + longest else None


def shift_of(day: str, begins: str, ends: str, country: str) -> Span | None:
    """Read a shift of one day; one that ends earlier than it begins ends on the day after."""
    try:
        over_midnight = time.fromisoformat(ends) <= time.fromisoformat(begins)
        last = date.fromisoformat(day) + timedelta(days=1 if over_midnight else 0)
    except (ValueError, OverflowError):
        return None
    return span_of(day, begins, last.isoformat(), ends, country, longest=LONGEST_SHIFT)
