"""The list while it has thousands of items: what is looked for, in which order, and which of it is shown.

An item is as its service's table has it (`COLUMNS` of shared/events/desk.py) until it is one of those that
somebody sees: then it is a `Row`. Moments are microseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import from_json

from services.intake.desk.rules import DANGER_NOW, LOUD, UNLESS_KNOWN, WORKING_DAYS, Mark, Opening, Row
from shared.events.desk import COLUMNS, Bundle, Line, Lines

ID, KIND, REASON, SUBJECT, OPENED, DUE, AUDIENCE, AGES, LANGUAGE, URGENCY, REFERENCE, PURPOSE = range(12)
DETAILS = COLUMNS[AUDIENCE:]
SECOND = 1_000_000
HOUR = 3600 * SECOND
EPOCH = datetime.fromtimestamp(0, UTC)
MICROSECOND = timedelta(microseconds=1)


class Sight(NamedTuple):
    """An item of a service on the list, by when it should be done, and whose it is."""

    service: str
    cells: Sequence[Any]
    due: int
    mark: Mark | None

    @property
    def put_off_until(self) -> int | None:
        return moment(self.mark.put_off_until) if self.mark and self.mark.put_off_until else None

    @property
    def is_danger(self) -> bool:
        return bool(self.cells[REASON] == DANGER_NOW)


def moment(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def time_of(moment: int) -> datetime:
    return EPOCH + moment * MICROSECOND


def sights(service: str, told: Lines, marks: Mapping[str, Mark], opening: Opening) -> list[Sight]:
    """Return the items of a service with whose they are, by their ids. Raises ValueError for what is none."""
    rows = [_cells(one) for one in told.lines] if told.table is None else from_json(told.table)
    try:
        if any(len(cells) != len(COLUMNS) for cells in rows):
            raise ValueError("not these columns")
        return [
            Sight(service, cells, _due(cells, mark, opening), mark)
            for cells in rows
            for mark in (marks.get(cells[ID]),)
        ]
    except TypeError as problem:
        raise ValueError("not such cells") from problem


def _cells(one: Line) -> list[Any]:
    """Return an item as a version answers that knows no tables."""
    what = [str(one.id), one.kind, one.reason, str(one.subject_id), moment(one.opened_at)]
    due = moment(one.due_at) if one.due_at else None
    return [*what, due, *(one.details.get(name) for name in DETAILS)]


def _due(cells: Sequence[Any], mark: Mark | None, opening: Opening) -> int:
    """As `rules.due`, and what was put off is due when it comes back."""
    if mark is not None and mark.put_off_until is not None:
        return moment(mark.put_off_until)
    if cells[REASON] in LOUD:
        return int(cells[OPENED])
    if cells[DUE] is not None:
        return int(cells[DUE])
    return _closing(opening, cells[OPENED] // HOUR, WORKING_DAYS.get(cells[URGENCY], UNLESS_KNOWN))


@lru_cache(maxsize=16_384)
def _closing(opening: Opening, hour: int, days: int) -> int:
    """No day begins within an hour of the clock."""
    return moment(opening.closing(time_of(hour * HOUR), days))


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

    def those(self, found: Iterable[Sight], me: UUID, now: datetime, closing: datetime) -> list[Sight]:
        at, until = moment(now), moment(closing)
        return [one for one in found if self._is_of(one, me) and self._is_when(one, at, until)]

    def _is_of(self, one: Sight, me: UUID) -> bool:
        if self.whose != "everybody":
            owner = one.mark.owner_id if one.mark else None
            if owner != (me if self.whose == "mine" else None):
                return False
        return self.kind in ("", one.cells[KIND]) and self.language in ("", one.cells[LANGUAGE] or "")

    def _is_when(self, one: Sight, at: int, closing: int) -> bool:
        if self.when == "all":
            return True
        until = one.put_off_until if one.mark else None
        is_put_off = until is not None and until > at
        if self.when == "later":
            return is_put_off
        return not is_put_off and (self.when == "now" or one.due <= closing)


def in_order(found: Iterable[Sight], now: datetime, closing: datetime) -> list[Sight]:
    """Return those in danger first, then what is overdue, what is due today, and the rest, oldest first."""
    at, until = moment(now), moment(closing)
    placed = []
    for one in found:
        cells, due = one.cells, one.due
        late = 0 if due < at else 1 if due <= until else 2
        first = due if late < 2 else cells[OPENED]
        placed.append((cells[REASON] != DANGER_NOW, late, first, cells[OPENED], cells[ID], one))
    # An id is there once, so no two are compared any further.
    placed.sort()
    return [one[-1] for one in placed]


def count_overdue(found: Iterable[Sight], now: datetime) -> int:
    """Return how many should be done by now; danger is not called late."""
    at = moment(now)
    return sum(one.due < at and not one.is_danger for one in found)


def codes(found: Iterable[Sight], column: int) -> set[str]:
    return {one.cells[column] for one in found} - {None, ""}


def row(one: Sight) -> Row:
    """Return an item as it is shown."""
    cells, mark = one.cells, one.mark
    details = zip(DETAILS, cells[AUDIENCE:], strict=True)
    line = Line.model_construct(
        id=UUID(cells[ID]),
        kind=cells[KIND],
        reason=cells[REASON],
        subject_id=UUID(cells[SUBJECT]),
        details={name: value for name, value in details if value is not None},
        opened_at=time_of(cells[OPENED]),
        due_at=time_of(cells[DUE]) if cells[DUE] is not None else None,
    )
    if mark is None:
        return Row(one.service, line, time_of(one.due))
    return Row(one.service, line, time_of(one.due), *mark)


@dataclass(frozen=True)
class Today:
    """What is left today, those in groups too: how many of what came, and how many of all, still wait."""

    came: int
    came_open: int
    left: Sequence[Sight]
    bundles: Sequence[tuple[str, Bundle]]

    @property
    def number(self) -> int:
        return len(self.left) + sum(one.number for _, one in self.bundles)


def left_today(
    found: Iterable[Sight],
    bundles: Iterable[tuple[str, Bundle]],
    came: int,
    began: datetime,
    closing: datetime,
    opening: Opening,
) -> Today:
    """Return what came today or should be done by the time the desk closes, and is not: oldest first.

    Those that belong together are dealt with at once, so all of them are left if any is.
    """
    since, until = moment(began), moment(closing)
    here = [one for one in found if not (one.put_off_until or 0) > until]
    left = [one for one in here if one.cells[OPENED] >= since or one.due <= until]
    together = [one for one in bundles if one[1].since or _bundle_due(one[1], opening) <= closing]
    new = sum(one.cells[OPENED] >= since for one in left) + sum(one.since for _, one in together)
    return Today(came, new, sorted(left, key=_age), together)


def _age(one: Sight) -> tuple[int, str]:
    return one.cells[OPENED], one.cells[ID]


def _bundle_due(one: Bundle, opening: Opening) -> datetime:
    return one.oldest if one.reason in LOUD else opening.closing(one.oldest, UNLESS_KNOWN)
