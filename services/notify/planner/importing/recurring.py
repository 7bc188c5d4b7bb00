"""Which rules of RFC 5545 can be taken: those of days on which people visit, and that are sure to come. Pure.

A rule that never comes true (a 30th of February, each second Monday counted from a Tuesday) keeps whoever
follows it searching for thousands of years. So a rule is taken only where its form says that it comes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

KNOWN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"}
# How far apart two times may lie: two years at most, as all that is published.
FARTHEST = {"DAILY": 366, "WEEKLY": 104, "MONTHLY": 24, "YEARLY": 2}
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY = re.compile(r"([+-]?[1-9][0-9]?)?(MO|TU|WE|TH|FR|SA|SU)")
NUMBER = re.compile(r"[+-]?[0-9]{1,5}")
UNTIL = re.compile(r"([0-9]{8})(?:T([0-9]{6})(Z)?)?")
MOST_TIMES = 10_000
# Every month has so many of each weekday, and so many days.
SURELY_WEEKS, SURELY_DAYS, MOST_WEEKS = 4, 28, 5
LENGTHS = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}


class NotTaken(ValueError):
    """`code` says why: `rule-unknown` or `rule-unreadable`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Rule:
    """A rule without its end: `text` is the rest of it. `until` is the last moment of wall time."""

    text: str
    until: datetime | None
    count: int | None

    @property
    def ends(self) -> bool:
        return self.until is not None or self.count is not None


def rule_of(text: str, zone: str) -> Rule:
    """Read a rule such as `FREQ=WEEKLY;BYDAY=SA;COUNT=12`. Raises NotTaken."""
    parts = _parts(text)
    until, count = parts.pop("UNTIL", None), parts.pop("COUNT", None)
    if not _comes(parts):
        raise NotTaken("rule-unknown")
    times = _number(count, 1, MOST_TIMES) if count is not None else None
    kept = ";".join(f"{name}={value}" for name, value in parts.items())
    return Rule(kept, _until(until, zone) if until else None, times)


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for one in text.strip().upper().removeprefix("RRULE:").rstrip(";").split(";"):
        name, equals, value = one.partition("=")
        if not equals or not value or name in parts:
            raise NotTaken("rule-unreadable")
        parts[name] = value
    if not parts.keys() <= KNOWN:
        raise NotTaken("rule-unknown")
    return parts


def _comes(parts: Mapping[str, str]) -> bool:
    """Whether its form says that it comes again and again. Raises NotTaken for what is no number."""
    often = parts.get("FREQ", "")
    if often not in FARTHEST or parts.get("WKST", "MO") not in WEEKDAYS:
        return False
    apart = _number(parts.get("INTERVAL", "1"), 1, FARTHEST[often])
    by = parts.keys() & {"BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"}
    if often == "DAILY":
        return not by or (by == {"BYDAY"} and apart == 1 and bool(_plain(parts)))
    if often == "WEEKLY":
        return not by or (by == {"BYDAY"} and bool(_plain(parts)))
    return _comes_in_its_month(parts, by, apart, yearly=often == "YEARLY")


def _comes_in_its_month(parts: Mapping[str, str], by: set[str], apart: int, *, yearly: bool) -> bool:
    months = [_number(one, 1, 12) for one in parts["BYMONTH"].split(",")] if "BYMONTH" in by else []
    if months and not yearly and apart != 1:
        return False
    if yearly and by and not months:
        return False
    rest = by - {"BYMONTH"}
    if rest == {"BYMONTHDAY"}:
        return all(_is_in(day, months, apart, yearly=yearly) for day in _listed(parts, "BYMONTHDAY", 31))
    if rest == {"BYDAY"}:
        return all(abs(_nth(one)) <= MOST_WEEKS for one in parts["BYDAY"].split(","))
    if rest == {"BYDAY", "BYSETPOS"}:
        days = _plain(parts)
        most = MOST_WEEKS if len(days) == 1 else SURELY_WEEKS * len(days)
        return bool(days) and all(abs(one) <= most for one in _listed(parts, "BYSETPOS", 366))
    return not rest and not (yearly and apart != 1)


def _is_in(day: int, months: list[int], apart: int, *, yearly: bool) -> bool:
    if abs(day) <= SURELY_DAYS:
        return True
    if yearly and apart != 1:
        return False
    if months:
        return any(LENGTHS[month] >= abs(day) for month in months)
    return apart < len(LENGTHS)


def _plain(parts: Mapping[str, str]) -> list[str]:
    """Return the weekdays, or none where one has a number."""
    days = parts["BYDAY"].split(",")
    return days if all(day in WEEKDAYS for day in days) else []


def _nth(text: str) -> int:
    match = DAY.fullmatch(text)
    if match is None:
        raise NotTaken("rule-unreadable")
    return int(match[1] or 1)


def _listed(parts: Mapping[str, str], name: str, most: int) -> list[int]:
    numbers = [_number(one, -most, most) for one in parts[name].split(",")]
    if 0 in numbers:
        raise NotTaken("rule-unreadable")
    return numbers


def _number(text: str, least: int, most: int) -> int:
    if not NUMBER.fullmatch(text):
        raise NotTaken("rule-unreadable")
    if not least <= int(text) <= most:
        raise NotTaken("rule-unknown")
    return int(text)


def _until(text: str, zone: str) -> datetime:
    """Return the last moment in wall time; a day without a time is meant whole."""
    match = UNTIL.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        day = date.fromisoformat(match[1])
        if match[2] is None:
            return datetime.combine(day, time.max)
        at = datetime.combine(day, time.fromisoformat(match[2]))
        return at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) if match[3] else at
    except (ValueError, OverflowError):
        raise NotTaken("rule-unreadable") from None
