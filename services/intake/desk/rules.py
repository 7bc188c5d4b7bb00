"""What stands where on the desk's list, and when somebody must be called to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from services.intake.desk.tables import DeskMark
from shared import working_time
from shared.countries import DEFAULT
from shared.errors import RuleBroken
from shared.events.desk import Bundle, Line

DANGER_NOW, ABOUT_SAFETY = "danger-now", "about-safety"
LOUD = frozenset({DANGER_NOW, ABOUT_SAFETY})
# Working time in which somebody is to take what is about somebody's safety, before people are called, and
# before the next are.
LOUDER_AFTER = timedelta(minutes=15)
# The steps of growing louder: whoever is on duty, then every senior.
ON_DUTY, SENIORS = 1, 2
# Somebody who has an item open is shown to others for so long after the page last said so.
PRESENT_FOR = timedelta(minutes=2)
# Working days in which something should be done, by the urgency that the asker gave; where nobody knows by
# when.
WORKING_DAYS = {"urgent": 1, "normal": 4, "low": 10}
UNLESS_KNOWN = 2


class Opening(Protocol):
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

    def is_put_off(self, now: datetime) -> bool:
        return self.put_off_until is not None and self.put_off_until > now

    def is_overdue(self, now: datetime) -> bool:
        return self.due_at < now


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to see: of whom, of when, and of which service, kind and language."""

    whose: str = "everybody"
    when: str = "now"
    service: str = ""
    kind: str = ""
    language: str = ""

    WHOSE = ("everybody", "mine", "nobody")
    WHEN = ("now", "due", "later", "all")

    @classmethod
    def of(cls, params: Mapping[str, str]) -> Wanted:
        """Return what the address of the page asks for; what it does not know it leaves out."""
        whose, when = params.get("whose", ""), params.get("when", "")
        return cls(
            whose if whose in cls.WHOSE else cls.WHOSE[0],
            when if when in cls.WHEN else cls.WHEN[0],
            *(params.get(name, "") for name in ("service", "kind", "language")),
        )

    def shows(self, row: Row, me: UUID, now: datetime, closing: datetime) -> bool:
        is_whose = {"mine": row.owner_id == me, "nobody": row.owner_id is None}.get(self.whose, True)
        is_when = {
            "all": True,
            "later": row.is_put_off(now),
            "due": row.due_at <= closing and not row.is_put_off(now),
        }.get(self.when, not row.is_put_off(now))
        return (
            is_whose
            and is_when
            and self.kind in ("", row.line.kind)
            and self.language in ("", row.detail("language"))
        )


def row(service: str, line: Line, mark: DeskMark | None, opening: Opening) -> Row:
    """Return an item as it stands on the list. What was put off is due when it comes back."""
    put_off = mark.put_off_until if mark else None
    return Row(
        service,
        line,
        put_off or due(line, opening),
        mark.owner_id if mark else None,
        mark.owned_at if mark else None,
        put_off,
    )


def due(line: Line, opening: Opening) -> datetime:
    """Return by when something should be done: danger at once, the rest as is known or as urgent as it is."""
    if line.reason in LOUD:
        return line.opened_at
    if line.due_at is not None:
        return line.due_at
    days = WORKING_DAYS.get(str(line.details.get("urgency", "")), UNLESS_KNOWN)
    return opening.closing(line.opened_at, days)


def in_order(rows: Iterable[Row], now: datetime, closing: datetime) -> list[Row]:
    """Return those in danger first, then what is overdue, what is due today, and the rest, oldest first."""

    def place(one: Row) -> tuple[bool, int, datetime, datetime, UUID]:
        late = 0 if one.due_at < now else 1 if one.due_at <= closing else 2
        first = one.due_at if late < 2 else one.line.opened_at
        return not one.is_danger, late, first, one.line.opened_at, one.line.id

    return sorted(rows, key=place)


def oldest_first(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda one: (one.line.opened_at, one.line.id))


@dataclass(frozen=True)
class Today:
    """What is left today. `came`: how many came; `open`: how many of those, and of all, still wait."""

    came: int
    came_open: int
    rows: Sequence[Row]
    groups: Sequence[tuple[str, Bundle]] = ()

    @property
    def number(self) -> int:
        """How many are to be done, those in groups included."""
        return len(self.rows) + sum(one.number for _, one in self.groups)


def left_today(
    rows: Iterable[Row], bundles: Iterable[tuple[str, Bundle]], came: int, began: datetime, closing: datetime
) -> Today:
    """Return what came today or should be done by the time the desk closes, and is not: oldest first.

    Of a group that began before today it is known that some of it came today, and not how much.
    """
    groups = [(name, one) for name, one in bundles if one.newest >= began]
    grouped = sum(one.number if one.oldest >= began else 1 for _, one in groups)
    left = [one for one in rows if not (one.put_off_until and one.put_off_until > closing)]
    today = [one for one in left if one.line.opened_at >= began or one.due_at <= closing]
    came_open = sum(one.line.opened_at >= began for one in today) + grouped
    return Today(came, came_open, oldest_first(today), groups)
