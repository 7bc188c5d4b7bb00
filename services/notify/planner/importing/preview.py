"""What would happen if a calendar were taken over: new, changed, gone, refused and why. Pure.

A day is known again by the calendar's own name for it, and else by its date, start and kind. What a family
would be told is counted; what needs a second person is left out of it, and named.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from uuid import UUID

from services.notify.planner.importing.days import Reading, Refusal, Slot
from services.notify.visits.rules import ALONE
from services.notify.visits.tables import VisitKind


class Verdict(StrEnum):
    """`many`: more families come than one person may move or call off; it stays as it is."""

    NEW = "new"
    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"
    MANY = "many"


@dataclass(frozen=True)
class Known:
    """A visit day that is published here and still to come."""

    id: UUID
    day: date
    start: time
    end: time
    kind: VisitKind
    capacity: int
    families: int
    uid: str = ""
    occurrence: str = ""

    @property
    def at(self) -> tuple[date, time, VisitKind]:
        return self.day, self.start, self.kind


@dataclass(frozen=True)
class Line:
    """One day of a preview. `was`: as it is published here. `told`: how many families would hear of it."""

    verdict: Verdict
    slot: Slot | None
    was: Known | None = None
    told: int = 0

    @property
    def key(self) -> tuple[object, ...]:
        """What was shown of it; where that is not the same any more, it is shown anew."""
        was = self.was
        before = (str(was.id), *map(str, (*was.at, was.end, was.capacity))) if was else None
        then = tuple(map(str, (*self.slot.at, self.slot.end, self.slot.capacity))) if self.slot else None
        return (str(self.verdict), then, before, self.told)


@dataclass(frozen=True)
class Preview:
    lines: tuple[Line, ...]
    refused: tuple[Refusal, ...]
    over: int = 0
    unused: tuple[str, ...] = ()

    def of(self, *verdicts: Verdict) -> list[Line]:
        return [one for one in self.lines if one.verdict in verdicts]

    def how_many(self, *verdicts: Verdict) -> int:
        return len(self.of(*verdicts))

    @property
    def news(self) -> int:
        """How much a planner could decide: what is the same, or refused, is no news."""
        return self.how_many(Verdict.NEW, Verdict.CHANGED, Verdict.GONE, Verdict.MANY)

    @property
    def told(self) -> int:
        return sum(one.told for one in self.of(Verdict.CHANGED))

    @property
    def told_of_gone(self) -> int:
        return sum(one.told for one in self.of(Verdict.GONE))

    @property
    def digest(self) -> str:
        """Return a fingerprint of what it shows: another one was not shown yet."""
        shown = sorted(str(one.key) for one in self.lines)
        return hashlib.sha256("\n".join(shown).encode()).hexdigest()


def compare(
    reading: Reading, published: Sequence[Known], off: frozenset[tuple[date, time, VisitKind]]
) -> Preview:
    """Return what a calendar would do to what is published. `off`: what was called off here.

    What a calendar does not name stays as it is: gone is only what it says does not take place.
    """
    by_at = {one.at: one for one in published}
    names = _Names(published)
    lines: list[Line] = []
    refused = list(reading.refused)
    met: set[UUID] = set()
    for slot in reading.slots:
        was = names.of(slot) or by_at.get(slot.at)
        if was is not None and was.id in met:
            refused.append(_refusal(slot, "there-already"))
            continue
        line = _judged(slot, was, by_at, off)
        if isinstance(line, Refusal):
            refused.append(line)
        elif line is not None:
            lines.append(line)
        if was is not None:
            met.add(was.id)
    return Preview(tuple(_in_order(lines)), tuple(refused), reading.over, reading.unused)


class _Names:
    """Finds a published day by the calendar's own name for it."""

    def __init__(self, published: Iterable[Known]) -> None:
        named = [one for one in published if one.uid]
        self._exact: Mapping[tuple[str, str], Known] = {(one.uid, one.occurrence): one for one in named}
        self._by_day: dict[tuple[str, date], list[Known]] = defaultdict(list)
        for one in named:
            self._by_day[one.uid, one.day].append(one)

    def of(self, slot: Slot) -> Known | None:
        """Where a whole series was moved to another time, its days are known by their date."""
        if not slot.uid:
            return None
        same_day = self._by_day.get((slot.uid, slot.day), [])
        return self._exact.get((slot.uid, slot.occurrence)) or (same_day[0] if len(same_day) == 1 else None)


def _judged(
    slot: Slot,
    was: Known | None,
    by_at: Mapping[tuple[date, time, VisitKind], Known],
    off: frozenset[tuple[date, time, VisitKind]],
) -> Line | Refusal | None:
    """Return what becomes of a day; None for one that is called off there and was never here."""
    if slot.called_off:
        return _gone(was) if was is not None else None
    if was is None:
        return _refusal(slot, "called-off-here") if slot.at in off else Line(Verdict.NEW, slot)
    capacity = was.capacity if slot.capacity is None else slot.capacity
    if (slot.at, slot.end, capacity) == (was.at, was.end, was.capacity):
        return Line(Verdict.SAME, slot, was)
    if capacity < was.families:
        return _refusal(slot, "places-taken", families=str(was.families))
    there = by_at.get(slot.at)
    if there is not None and there.id != was.id:
        return _refusal(slot, "there-already")
    moves = (slot.day, slot.start) != (was.day, was.start)
    if moves and was.families > ALONE:
        return Line(Verdict.MANY, slot, was, was.families)
    return Line(Verdict.CHANGED, slot, was, was.families if moves else 0)


def _gone(was: Known) -> Line:
    return Line(Verdict.MANY if was.families > ALONE else Verdict.GONE, None, was, was.families)


def _refusal(slot: Slot, code: str, **values: str) -> Refusal:
    when = {"day": slot.day.isoformat(), "start": f"{slot.start:%H:%M}"}
    return Refusal(slot.line, "date", code, {**when, **values})


def _in_order(lines: Iterable[Line]) -> list[Line]:
    def when(one: Line) -> tuple[date, time]:
        of = one.slot or one.was
        assert of is not None
        return of.day, of.start

    return sorted(lines, key=when)
