"""A calendar comes in: by fields, by a rule, as a sheet or as a calendar file; always shown first.

The templates and their variables (besides those of the frame):

- `planner/bring.html`: `filled`, `kinds`, `every`, `refused` (sentences)
- `planner/preview.html`: `id`, `parts` (verdict, and lines in words), `refused` (sentences), `news`,
  `told`, `over`, `unused`, `changed_since`, and once it is done `result` and `left`
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Annotated
from uuid import UUID

from babel.dates import format_date
from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response

from services.notify.planner.access import Member, Planning
from services.notify.planner.form import kinds
from services.notify.planner.framing import AT, check_form, framed
from services.notify.planner.importing import commands, csv_files, ics_files, series
from services.notify.planner.importing.csv_files import Where
from services.notify.planner.importing.days import MOST_PLACES, Reading, Refusal, Usual
from services.notify.planner.importing.ics_lines import is_calendar
from services.notify.planner.importing.preview import Line, Verdict
from services.notify.planner.importing.series import Every, Series
from services.notify.planner.importing.tables import Source
from services.notify.visits.tables import VisitKind
from shared.geography import facility as known
from shared.spreadsheet import decode
from shared.web import forms, pages
from shared.web.dependencies import Now, SessionDep
from shared.web.forms import FilledForm, Text
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False)
BRING = f"{AT}/bring"
PREVIEW = f"{BRING}/{{preview_id}}"
MOST_NAMED = 200


class BringForm(FilledForm):
    """A series by its fields, or a sheet or calendar as text; what is pasted goes before the fields."""

    pasted: Annotated[str, Form()] = ""
    kind: Text = VisitKind.CHILD_VISIT
    capacity: Text = "10"
    first: Text = ""
    start: Text = "14:00"
    end: Text = "15:30"
    every: Text = Every.WEEK
    until: Text = ""
    without: Text = ""
    rule: Text = ""


@router.get(BRING)
def bring_page(facility: str, request: Request, signed: Planning) -> Response:
    return _bring(request, signed, facility, BringForm())


@router.post(BRING)
def bring(
    facility: str,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    pasted: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "",
    capacity: Annotated[str, Form()] = "",
    first: Annotated[str, Form()] = "",
    start: Annotated[str, Form()] = "",
    end: Annotated[str, Form()] = "",
    every: Annotated[str, Form()] = "",
    until: Annotated[str, Form()] = "",
    without: Annotated[str, Form()] = "",
    rule: Annotated[str, Form()] = "",
    form: Annotated[str, Form()] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Read it, and show what would happen; nothing is published yet."""
    check_form(form, signed)
    filled = BringForm(
        pasted=pasted, kind=kind, capacity=capacity, first=first, start=start, end=end, every=every,
        until=until, without=without, rule=rule,
    )  # fmt: skip
    content = (file.file.read() if file is not None else b"") or pasted.strip().encode()
    reading, usual, source = _read(facility, filled, content, now)
    if not reading.slots:
        return _bring(request, signed, facility, filled, reading.refused or (Refusal(0, "first", "no-days"),))
    row = commands.show(session, reading, usual, facility, signed.who, source, at=now)
    return forms.see_other(request, PREVIEW.format(facility=facility, preview_id=row.id))


def _read(facility: str, filled: BringForm, content: bytes, now: datetime) -> tuple[Reading, Usual, Source]:
    place = known(facility)
    assert place is not None
    usual = Usual()
    try:
        usual = _usual(filled)
        if not content:
            return series.read(_series(filled), usual, place.zone, now), usual, Source.SERIES
    except _NotFilled as problem:
        return Reading.nothing(problem.code, problem.field, most=str(MOST_PLACES)), usual, Source.SERIES
    where = Where(facility, place.zone, now, usual)
    if is_calendar(decode(content)):
        return ics_files.read(content, where), usual, Source.CALENDAR
    return csv_files.read(content, where), usual, Source.SHEET


class _NotFilled(ValueError):
    def __init__(self, field: str, code: str) -> None:
        super().__init__(code)
        self.field, self.code = field, code


def _usual(filled: BringForm) -> Usual:
    if filled.kind not in set(VisitKind):
        raise _NotFilled("kind", "no-kind")
    places = int(filled.capacity) if re.fullmatch(r"[0-9]{1,6}", filled.capacity) else 0
    if not 1 <= places <= MOST_PLACES:
        raise _NotFilled("capacity", "no-places")
    return Usual(VisitKind(filled.kind), places)


def _series(filled: BringForm) -> Series:
    return Series(
        first=_day(filled.first, "first"),
        start=_time(filled.start, "start"),
        end=_time(filled.end, "end"),
        every=Every(filled.every) if filled.every in set(Every) else Every.WEEK,
        until=_day(filled.until, "until") if filled.until else None,
        rule=filled.rule,
        without=frozenset(_day(one, "without") for one in re.split(r"[\s,;]+", filled.without) if one),
    )


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _NotFilled(field, "no-date" if text else "empty") from None


def _time(text: str, field: str) -> time:
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise _NotFilled(field, "no-time" if text else "empty") from None


def _bring(
    request: Request, signed: Member, facility: str, filled: BringForm, refused: Iterable[Refusal] = ()
) -> Response:
    language = negotiate(request)
    said = sentences(refused, language)
    context = {
        "filled": filled,
        "kinds": kinds(language),
        "every": [(one, pages.texts().text(language, f"planner.every-{one}"), "") for one in Every],
        "refused": said,
    }
    return framed(request, "planner/bring.html", signed, context, at=facility, status=400 if said else 200)


@router.get(PREVIEW)
def preview(
    facility: str, preview_id: UUID, request: Request, session: SessionDep, now: Now, signed: Planning
) -> Response:
    found = commands.seen(session, preview_id, facility, signed.who, at=now)
    return _preview(request, signed, facility, found)


@router.post(PREVIEW)
def confirm(
    facility: str,
    preview_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    form: Annotated[str, Form()] = "",
) -> Response:
    """Do what was shown. Where something changed since, it is shown anew and nothing is done."""
    check_form(form, signed)
    found = commands.confirm(session, preview_id, facility, signed.who, at=now)
    if not found.was_shown:
        return _preview(request, signed, facility, found, status=409)
    return forms.see_other(request, PREVIEW.format(facility=facility, preview_id=preview_id))


def _preview(
    request: Request, signed: Member, facility: str, found: commands.Seen, *, status: int = 200
) -> Response:
    language, shown = negotiate(request), found.preview
    verdicts = (Verdict.NEW, Verdict.CHANGED, Verdict.GONE, Verdict.MANY, Verdict.SAME)
    result = found.row.result
    context = {
        "id": found.row.id,
        "changed_since": status == 409,
        "news": shown.how_many(Verdict.NEW, Verdict.CHANGED, Verdict.GONE),
        "told": shown.told + shown.told_of_gone,
        "over": shown.over,
        "unused": shown.unused,
        "parts": [
            (one, [_in_words(line, language) for line in shown.of(one)]) for one in verdicts if shown.of(one)
        ],
        "refused": sentences(shown.refused, language),
        "result": result,
        "left": [(_when(one, language), pages.texts().text(language, f"planner.left-{_left(one['code'])}"))
                 for one in (result or {}).get("left", [])],
    }  # fmt: skip
    return framed(request, "planner/preview.html", signed, context, at=facility, status=status)


def _left(code: str) -> str:
    return code if code == "many" else "other"


def _when(values: Mapping[str, str], language: str) -> str:
    day = format_date(date.fromisoformat(values["day"]), "EEEE d MMMM yyyy", locale=language)
    return f"{day}, {values['start']}"


def _in_words(line: Line, language: str) -> tuple[str, str, int]:
    """Return when it is, when it was where that is another time, and how many families hear of it."""
    of = line.slot or line.was
    assert of is not None
    now_at = _spelled(of.day, of.start, of.end, language)
    was = _spelled(line.was.day, line.was.start, line.was.end, language) if line.was else now_at
    return now_at, was if was != now_at else "", line.told


def _spelled(day: date, start: time, end: time, language: str) -> str:
    return f"{format_date(day, 'EEEE d MMMM yyyy', locale=language)}, {start:%H:%M}–{end:%H:%M}"


def sentences(refused: Iterable[Refusal], language: str) -> list[tuple[int, str, str]]:
    """Return each refusal in words: its line, the field, and why and what to do."""
    texts = pages.texts()
    return [
        (one.line, texts.text(language, f"planner.field-{one.field or 'all'}"),
         texts.text(language, f"planner.import-{one.code}", **one.values))
        for one in list(refused)[:MOST_NAMED]
    ]  # fmt: skip
