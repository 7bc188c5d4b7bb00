"""When a family may be written to, and what a reply of one word means.

The window binds what the system sends of its own accord. All of it is wall-clock time of an IANA zone.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.notify.safety import every_language

OPENS, CLOSES = time(9), time(20)
# Out of school and before bed.
MINOR_OPENS = time(15, 30)
# The window is closed at 20:00 sharp, so its last moment leaves a minute in which to send.
LAST = timedelta(minutes=1)
SUNDAY, MONDAY = 6, 0


@dataclass(frozen=True)
class Window:
    """One day's window in UTC: `opens` belongs to it, `closes` does not."""

    opens: datetime
    closes: datetime


def last_allowed_before(
    wanted: datetime, zone: str, *, minor: bool = False, visit_at: datetime | None = None
) -> datetime:
    """`wanted` itself where it is inside the window, else the last moment inside it before (UTC).

    On Sundays only a visit on a Sunday or Monday (`visit_at`) is a reason to write. `minor`: it is a child's
    own telephone.
    """
    place = ZoneInfo(zone)
    visit_on, day = _local_date(visit_at, place), wanted.astimezone(place).date()
    while True:
        found = _window(day, place, minor, visit_on)
        if found is not None and wanted >= found.opens:
            return wanted.astimezone(UTC) if wanted < found.closes else found.closes - LAST
        day -= timedelta(days=1)


def next_allowed_from(
    wanted: datetime, zone: str, *, minor: bool = False, visit_at: datetime | None = None
) -> datetime:
    """`wanted` itself where it is inside the window, else the moment at which it next opens (UTC)."""
    place = ZoneInfo(zone)
    visit_on, day = _local_date(visit_at, place), wanted.astimezone(place).date()
    while True:
        found = _window(day, place, minor, visit_on)
        if found is not None and wanted < found.closes:
            return max(wanted.astimezone(UTC), found.opens)
        day += timedelta(days=1)


def _window(day: date, place: ZoneInfo, minor: bool, visit_on: date | None) -> Window | None:
    if day.weekday() == SUNDAY and (visit_on is None or visit_on.weekday() not in (SUNDAY, MONDAY)):
        return None
    opens = MINOR_OPENS if minor else OPENS
    return Window(_utc(day, opens, place), _utc(day, CLOSES, place))


def _utc(day: date, clock: time, place: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, place).astimezone(UTC)


def _local_date(at: datetime | None, place: ZoneInfo) -> date | None:
    return None if at is None else at.astimezone(place).date()


class Keyword(StrEnum):
    STOP = "stop"
    START = "start"
    YES = "yes"
    NO = "no"


# In whatever language a family is written to, it is heard in all of ours.
KEYWORDS = {
    word: Keyword(meaning)
    for language in every_language().values()
    for meaning, words in language.replies.items()
    for word in words
}


def keyword(body: str) -> Keyword | None:
    """What a whole message means, whatever its case, spaces, punctuation, accents and emoji; else None."""
    plain = unicodedata.normalize("NFKD", body).upper()
    return KEYWORDS.get("".join(sign for sign in plain if sign.isalnum()))
