"""Working time: 09:00 to 17:00, Monday to Friday, except on public holidays of the partner's country.

The centre chose these hours. A working day is eight of them, so one day from Friday 15:00 is Monday 15:00.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from shared.countries import zone

OPENS, CLOSES = time(9), time(17)
HOUR = timedelta(hours=1)
DAY = timedelta(hours=8)
SATURDAY = 5


def after(start: datetime, working: timedelta, country: str) -> datetime:
    """Return the moment, in UTC, at which this much working time has passed since `start` (aware).

    `working` counts working hours, and `DAY` is eight of them. Outside working hours no time passes.
    """
    local = start.astimezone(ZoneInfo(zone(country)))
    day, moment, left = local.date(), local.time(), working
    while True:
        if is_working_day(day, country) and moment < CLOSES:
            begin = max(moment, OPENS)
            today = datetime.combine(day, CLOSES) - datetime.combine(day, begin)
            if left <= today:
                return _at(day, begin, country) + left
            left -= today
        day, moment = day + timedelta(days=1), time.min


def is_working_day(day: date, country: str) -> bool:
    return day.weekday() < SATURDAY and day not in _holidays(country, day.year)


def _at(day: date, moment: time, country: str) -> datetime:
    """Return the moment in UTC. Clocks change at night, so a working day has no skipped or repeated hour."""
    return datetime.combine(day, moment, ZoneInfo(zone(country))).astimezone(UTC)


@lru_cache(maxsize=64)
def _holidays(country: str, year: int) -> frozenset[date]:
    """Return a complete year: the calendar of the library grows while it is read, and threads share it."""
    return frozenset(holidays.country_holidays(country, years=year))
