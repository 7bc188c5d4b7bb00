"""A sheet of visit days, pasted or uploaded: every good row, and each bad one with its line and why. Pure."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import zip_longest

from services.notify.planner.importing import cells, days
from services.notify.planner.importing.days import MOST_DAYS, MOST_PLACES, Reading, Refusal, Slot, Usual
from services.notify.visits.tables import VisitKind
from shared.crypto import blind_index
from shared.spreadsheet import Sheet, is_garbled

NEEDED = ("date", "start")
DIGITS = re.compile(r"[0-9]{1,6}(?:[.,]0+)?")
# As much of a cell as a sentence may show.
SHOWN = 40


@dataclass(frozen=True)
class Where:
    """Whose calendar it is, when it is read, and what holds where a row does not say."""

    facility: str
    zone: str
    at: datetime
    usual: Usual


def read(content: bytes, where: Where) -> Reading:
    """Return every row that can be a visit day. A bad row refuses itself alone.

    Reads what a spreadsheet saves or copies: `;`, `,` or tabs, UTF-8 or Windows-1252, headings in Dutch,
    French or English, the day before the month, columns that nobody asked for.
    """
    sheet = Sheet(content)
    try:
        header = sheet.header()
    except csv.Error:
        return Reading.nothing("unreadable", line=1)
    headings = [cells.field_of(name) for name in header]
    if trouble := _of_headings(headings, max(sheet.line, 1)):
        return Reading(refused=(trouble,))
    unused = tuple(name for name, field in zip(header, headings, strict=True) if field is None)
    slots, refused = _rows(sheet, headings, where)
    if len(slots) + len(refused) > MOST_DAYS:
        return Reading.nothing(days.TOO_MANY, "file", most=str(MOST_DAYS))
    kept, wrong, _ = days.gathered(slots, where.zone, where.at)
    return Reading(tuple(kept), days.in_order([*refused, *wrong]), unused=unused)


def _of_headings(headings: Sequence[str | None], line: int) -> Refusal | None:
    for field in NEEDED:
        if field not in headings:
            return Refusal(line, field, "no-heading")
    for field in filter(None, headings):
        if headings.count(field) > 1:
            return Refusal(line, field, "heading-twice")
    return None


def _rows(sheet: Sheet, headings: Sequence[str | None], where: Where) -> tuple[list[Slot], list[Refusal]]:
    slots: list[Slot] = []
    refused: list[Refusal] = []
    try:
        for row in sheet.rows():
            if row and len(slots) + len(refused) <= MOST_DAYS:
                _take(_Row(sheet.line, headings, row), where, slots, refused)
    except csv.Error:
        refused.append(Refusal(sheet.line, "file", "unreadable"))
    return slots, refused


def _take(row: _Row, where: Where, slots: list[Slot], refused: list[Refusal]) -> None:
    slot = row.slot(where)
    if slot is not None and not row.wrong:
        slots.append(slot)
    refused += row.wrong[:1]


class _Row:
    """One row, each cell read as what it should be; `wrong` fills with what is not."""

    def __init__(self, line: int, headings: Sequence[str | None], row: Sequence[str]) -> None:
        self.line, self.wrong = line, list[Refusal]()
        pairs = zip_longest(headings, row, fillvalue="")
        self._cells: Mapping[str, str] = {field: text for field, text in pairs if field}

    def slot(self, where: Where) -> Slot | None:
        day, (start, end) = self._day(), self._times()
        kind, capacity = self._kind(where.usual.kind), self._places()
        self._facility(where.facility)
        if self.wrong or day is None or start is None or end is None:
            return None
        uid = self._cells.get("uid", "")
        known_as = blind_index("calendar-uid", f"row:{uid}").hex() if uid else ""
        return Slot(self.line, day, start, end, kind, capacity, known_as)

    def _day(self) -> date | None:
        text = self._text("date")
        try:
            return cells.day_of(text)
        except ValueError:
            self._is_wrong("date", "no-date" if text else "empty")
        return None

    def _times(self) -> tuple[time | None, time | None]:
        """Return both times, where the first cell may hold them both."""
        start, end = self._time("start")
        if end is None and start is not None:
            end, _ = self._time("end")
        return start, end

    def _time(self, field: str) -> tuple[time | None, time | None]:
        text = self._text(field)
        try:
            return cells.times_of(text)
        except ValueError:
            self._is_wrong(field, "no-time" if text else "empty")
        return None, None

    def _kind(self, usual: VisitKind) -> VisitKind:
        text = self._text("kind")
        try:
            return cells.kind_of(text) if text else usual
        except ValueError:
            self._is_wrong("kind", "no-kind")
        return usual

    def _places(self) -> int | None:
        text = self._text("capacity")
        if not text:
            return None
        number = int(re.split(r"[.,]", text)[0]) if DIGITS.fullmatch(text) else 0
        if not 1 <= number <= MOST_PLACES:
            self._is_wrong("capacity", "no-places", most=str(MOST_PLACES))
        return number

    def _facility(self, ours: str) -> None:
        if self._text("facility") not in ("", ours):
            self._is_wrong("facility", "other-facility", ours=ours)

    def _text(self, field: str) -> str:
        text = self._cells.get(field, "")
        if is_garbled(text):
            self._is_wrong(field, "garbled")
        return text

    def _is_wrong(self, field: str, code: str, **values: str) -> None:
        shown = self._cells.get(field, "")[:SHOWN]
        self.wrong.append(Refusal(self.line, field, code, {"value": shown, **values}))
