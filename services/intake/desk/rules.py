"""What stands where on the desk's list, and when somebody must be called to it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from shared import working_time
from shared.countries import DEFAULT
from shared.errors import RuleBroken
from shared.events.desk import Line

DANGER_NOW, ABOUT_SAFETY = "danger-now", "about-safety"
LOUD = frozenset({DANGER_NOW, ABOUT_SAFETY})
# Working time in which somebody is to take what is about somebody's safety, before people are called, and
# before the next are.
LOUDER_AFTER = timedelta(minutes=15)
# How often other services are asked what is about somebody's safety there.
LISTEN_EVERY = timedelta(seconds=30)
# How often, if nobody is erased meanwhile, they are asked whose items are those of people who were erased.
COMPARE_EVERY = timedelta(days=1)
# The steps of growing louder: whoever is on duty, then every senior.
ON_DUTY, SENIORS = 1, 2
# Somebody who has an item open is shown to others for so long after the page last said so.
PRESENT_FOR = timedelta(minutes=2)
# Working days in which something should be done, by the urgency that the asker gave; where nobody knows by
# when.
WORKING_DAYS = {"urgent": 1, "normal": 4, "low": 10}
UNLESS_KNOWN = 2


class Opening(Hashable, Protocol):
    """When the desk is open."""

    def after(self, start: datetime, working: timedelta) -> datetime:
        """Return when so much time in which the desk is open has passed since `start`."""
        ...

    def closing(self, at: datetime, days: int = 0) -> datetime:
        """Return when it closes on the day of `at`, or so many days on which it opens later."""
        ...


class Weekdays:
    """The desk is open from nine to five on weekdays that are no holiday."""

    def __init__(self, country: str = DEFAULT.code) -> None:
        self.country = country
        self._place = ZoneInfo(DEFAULT.zone)

    def after(self, start: datetime, working: timedelta) -> datetime:
        return working_time.after(start, working, self.country)

    def closing(self, at: datetime, days: int = 0) -> datetime:
        return _closing(at.astimezone(self._place).date().toordinal(), days, self.country, self._place)


@lru_cache(maxsize=4096)
def _closing(ordinal: int, days: int, country: str, place: ZoneInfo) -> datetime:
    day, left = datetime.fromordinal(ordinal).date(), days
    while left > 0:
        day += timedelta(days=1)
        left -= working_time.is_working_day(day, country)
    return datetime.combine(day, time(working_time.CLOSES.hour), place)


OPENING: Opening = Weekdays()


class CannotWait(RuleBroken):
    """What is about somebody's safety is not put off."""


class InThePast(RuleBroken):
    """Something is put off until a moment to come."""


@dataclass(frozen=True)
class AlreadyTaken(Exception):
    """Somebody else has taken it, and when."""

    owner_id: UUID
    at: datetime


class Mark(NamedTuple):
    """Whose an item is and since when, and until when it is put off."""

    owner_id: UUID | None
    owned_at: datetime | None
    put_off_until: datetime | None


@dataclass(frozen=True)
class Row:
    """An item on the list, with whose it is. `due_at`: by when it should be done."""

    service: str
    line: Line
    due_at: datetime
    owner_id: UUID | None = None
    owned_at: datetime | None = None
    put_off_until: datetime | None = None

    @property
    def is_danger(self) -> bool:
        return self.line.reason == DANGER_NOW

    def detail(self, name: str) -> str:
        return str(self.line.details.get(name, ""))

    def is_overdue(self, now: datetime) -> bool:
        return self.due_at < now


def row(service: str, line: Line, opening: Opening) -> Row:
    """Return an item as it stands on the list."""
    return Row(service, line, due(line, opening))


def due(line: Line, opening: Opening) -> datetime:
    """Return by when something should be done: danger at once, the rest as is known or as urgent as it is."""
    if line.reason in LOUD:
        return line.opened_at
    if line.due_at is not None:
        return line.due_at
    days = WORKING_DAYS.get(str(line.details.get("urgency", "")), UNLESS_KNOWN)
    return opening.closing(line.opened_at, days)
