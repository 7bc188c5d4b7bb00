"""What was read of a calendar: days that could be published, and what was refused, where and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as held
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.notify.visits import rules
from services.notify.visits.tables import VisitKind

# What one calendar can bring at once, and how many refusals are named of it.
MOST_DAYS, MOST_NAMED = 10_000, 200
MOST_PLACES = 1000
PAST, TWICE, TOO_MANY = "in-the-past", "there-twice", "too-many-days"


@dataclass(frozen=True)
class Slot:
    """A day as a calendar tells it, in wall time of the facility; `line` is where it stands.

    `capacity` None: the calendar does not say, so what is published keeps its own. `uid` is the fingerprint
    of the calendar's own name for it, and `occurrence` which one of a series; both empty where it has none.
    `called_off`: the calendar says that it does not take place.
    """

    line: int
    day: date
    start: time
    end: time
    kind: VisitKind
    capacity: int | None = None
    uid: str = ""
    occurrence: str = ""
    called_off: bool = False

    @property
    def at(self) -> tuple[date, time, VisitKind]:
        return self.day, self.start, self.kind


@dataclass(frozen=True)
class Refusal:
    """A row or event that is not taken: its line, the field, and a code for why and what to do.

    `values` are what the sentence names. Line 0: the whole of it.
    """

    line: int
    field: str
    code: str
    values: Mapping[str, str] = held(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """`over` counts what was in the past, `unused` names columns that nobody asked for."""

    slots: tuple[Slot, ...] = ()
    refused: tuple[Refusal, ...] = ()
    over: int = 0
    unused: tuple[str, ...] = ()

    @classmethod
    def nothing(cls, code: str, name: str = "", line: int = 0, **values: str) -> Reading:
        """Return the refusal of the whole of it."""
        return cls(refused=(Refusal(line, name, code, values),))


@dataclass(frozen=True)
class Usual:
    """What holds where a calendar does not say so itself: set by the planner who brings it."""

    kind: VisitKind = VisitKind.CHILD_VISIT
    capacity: int = 10


def last_day(zone: str, at: datetime) -> date:
    """Return the last day that can be published today."""
    return at.astimezone(ZoneInfo(zone)).date() + rules.FARTHEST


def why_not(slot: Slot, zone: str, at: datetime) -> list[Refusal]:
    """Return every reason why this could be no visit day: past, too far, no such time, an end before it."""
    wrong = rules.whats_wrong(slot.day, slot.start, slot.end, zone, at)
    values = {"day": slot.day.isoformat(), "start": f"{slot.start:%H:%M}", "end": f"{slot.end:%H:%M}"}
    named = {"startTime": "start", "endTime": "end", "date": "date"}
    return [Refusal(slot.line, named[one.field], one.code, values) for one in wrong]


def gathered(
    slots: Iterable[Slot], zone: str, at: datetime, *, quiet_about_past: bool = False
) -> tuple[list[Slot], list[Refusal], int]:
    """Return the days that can be published, once each, the refusals, and how many are over.

    The same day said twice in the same words is one day; in other words the second is refused.
    """
    kept: dict[tuple[date, time, VisitKind], Slot] = {}
    refused: list[Refusal] = []
    over = 0
    for slot in slots:
        wrong = why_not(slot, zone, at)
        if quiet_about_past and any(one.code == PAST for one in wrong):
            over += 1
        elif wrong:
            refused += wrong
        else:
            refused += _kept(kept, slot)
    return sorted(kept.values(), key=lambda one: (one.day, one.start)), refused, over


def _kept(kept: dict[tuple[date, time, VisitKind], Slot], slot: Slot) -> list[Refusal]:
    there = kept.get(slot.at)
    if there is None or (there.called_off and not slot.called_off):
        kept[slot.at] = slot
    elif not slot.called_off and (there.end, there.capacity) != (slot.end, slot.capacity):
        values = {"day": slot.day.isoformat(), "start": f"{slot.start:%H:%M}", "line": str(there.line)}
        return [Refusal(slot.line, "date", TWICE, values)]
    return []


def in_order(refused: Iterable[Refusal]) -> tuple[Refusal, ...]:
    return tuple(sorted(refused, key=lambda one: one.line))


def is_too_long(start: datetime, end: datetime) -> bool:
    """Whether it goes on past midnight, which no visit does."""
    return end.date() != start.date() or end - start >= timedelta(days=1)
