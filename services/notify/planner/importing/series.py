"""A series of days: the simple fields of a planner, or a rule of RFC 5545, on the facility's clock. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from enum import StrEnum
from itertools import islice

from dateutil.rrule import rrulestr

from services.notify.planner.importing import days
from services.notify.planner.importing.days import Reading, Refusal, Slot, Usual
from services.notify.planner.importing.recurring import WEEKDAYS, NotTaken, Rule, rule_of

# The most days of one series: each working day of two years is fewer.
MOST = 1_000
LAST_OF_THE_MONTH = 28


class Every(StrEnum):
    WEEK = "week"
    FORTNIGHT = "fortnight"
    MONTH = "month"


@dataclass(frozen=True)
class Series:
    """From `first` on, at these times, until `until` (that day included). `rule` goes before `every`.

    `weekdays` count from Monday, 0; none: that of the first day. `without` are days that are left out.
    """

    first: date
    start: time
    end: time
    every: Every = Every.WEEK
    weekdays: tuple[int, ...] = ()
    until: date | None = None
    rule: str = ""
    without: frozenset[date] = frozenset()


def read(series: Series, usual: Usual, zone: str, at: datetime) -> Reading:
    """Return the days of a series. One that has no end, or goes beyond what can be published, is refused.

    A time that does not exist on one of its days is refused with that day; the others stay.
    """
    try:
        rule = _bounded(rule_of(series.rule or _simple(series), zone), series)
    except NotTaken as problem:
        return Reading.nothing(problem.code, "rule")
    if wrong := _why_not(series, rule, zone, at):
        return Reading(refused=(wrong,))
    found = list(islice(_days(rule, series), MOST + 1))
    if len(found) > MOST:
        return Reading.nothing(days.TOO_MANY, "until", most=str(MOST))
    if not found:
        return Reading.nothing("no-days", "first")
    if found[-1] > (last := days.last_day(zone, at)):
        return Reading.nothing("ends-too-late", "until", last=last.isoformat())
    slots = [
        Slot(line, day, series.start, series.end, usual.kind, usual.capacity)
        for line, day in enumerate(found, 1)
        if day not in series.without
    ]
    kept, refused, _ = days.gathered(slots, zone, at)
    refused += [
        Refusal(0, "without", "not-in-series", {"day": one.isoformat()})
        for one in sorted(series.without - set(found))
    ]
    return Reading(tuple(kept), days.in_order(refused))


def _simple(series: Series) -> str:
    """Return the rule of the simple fields; a month counts its weekdays, and a fifth one is the last."""
    chosen = series.weekdays or (series.first.weekday(),)
    if series.every is Every.MONTH:
        nth = -1 if series.first.day > LAST_OF_THE_MONTH else (series.first.day - 1) // 7 + 1
        return "FREQ=MONTHLY;BYDAY=" + ",".join(f"{nth}{WEEKDAYS[day]}" for day in chosen)
    apart = 2 if series.every is Every.FORTNIGHT else 1
    return f"FREQ=WEEKLY;INTERVAL={apart};BYDAY=" + ",".join(WEEKDAYS[day] for day in chosen)


def _bounded(rule: Rule, series: Series) -> Rule:
    """Return the rule with the earlier of its own end and that of the field."""
    if series.until is None:
        return rule
    until = datetime.combine(series.until, time.max)
    return replace(rule, until=min(until, rule.until or until))


def _why_not(series: Series, rule: Rule, zone: str, at: datetime) -> Refusal | None:
    last = days.last_day(zone, at)
    if not rule.ends:
        return Refusal(0, "until", "no-end", {"last": last.isoformat()})
    if rule.until is not None and rule.until.date() > last:
        return Refusal(0, "until", "ends-too-late", {"last": last.isoformat()})
    if rule.until is not None and rule.until.date() < series.first:
        return Refusal(0, "until", "ends-before-it-begins")
    if series.first > last:
        return Refusal(0, "first", "too-far-ahead", {"last": last.isoformat()})
    return None


def _days(rule: Rule, series: Series) -> Iterator[date]:
    ends = f";UNTIL={rule.until:%Y%m%dT%H%M%S}" if rule.until else f";COUNT={rule.count}"
    # Of an end and a number of times, whichever comes first; the library takes one of them.
    found = rrulestr(rule.text + ends, dtstart=datetime.combine(series.first, series.start))
    times = islice(found, rule.count) if rule.count is not None else found
    return (one.date() for one in times)
