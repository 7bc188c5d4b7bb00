"""What holds for a facility as a whole: the days on which it is closed, and what it says to who visits.

The templates and their variables (besides those of the frame):

- `planner/closed.html`: `closures`, `filled`, `mistakes`
- `planner/notes.html`: `notes`, `spoken` (choices), `languages_named`, `filled`, `mistakes`, `done`
"""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from services.notify.planner import queries
from services.notify.planner.access import Planning
from services.notify.planner.calendar_pages import today_at
from services.notify.planner.framing import AT, check_form, framed
from services.notify.visits import commands, facilities
from shared.errors import Invalid
from shared.languages import FOR_FAMILIES, LANGUAGES
from shared.web import forms
from shared.web.dependencies import Now, SessionDep
from shared.web.forms import FilledForm, Mistake, Text
from shared.web.languages import negotiate
from shared.web.sentences import sentence

router = APIRouter(include_in_schema=False)
CLOSED, NOTES = f"{AT}/closed", f"{AT}/notes"
LONGEST, LONGEST_NOTE, LONGEST_SOURCE = 200, 2000, 300


class ClosedForm(FilledForm):
    """Days on which nobody can visit, both included, and why; without a last day it is one."""

    first_day: Text = ""
    last_day: Text = ""
    reason: Text = ""


class NoteForm(FilledForm):
    language: Text = ""
    text: Text = ""
    source: Text = ""
    checked_on: Text = ""


@router.get(CLOSED)
def closed(facility: str, request: Request, session: SessionDep, now: Now, signed: Planning) -> Response:
    context = {
        "closures": queries.closures_ahead(session, facility, today_at(facility, now)),
        "filled": ClosedForm(),
        "mistakes": [],
    }
    return framed(request, "planner/closed.html", signed, context, at=facility)


@router.post(CLOSED)
def close(
    facility: str,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    filled: Annotated[ClosedForm, Form()],
    form: Annotated[str, Form()] = "",
) -> Response:
    """Close a facility on some days. Visit days that are there already stay, and the page names them."""
    check_form(form, signed)
    language = negotiate(request)
    first, last = _day(filled.first_day), _day(filled.last_day or filled.first_day)
    mistakes = [
        Mistake(name, sentence("not-a-date", language))
        for name, read in (("first_day", first), ("last_day", last))
        if read is None
    ]
    if not filled.reason or len(filled.reason) > LONGEST:
        mistakes.append(Mistake("reason", sentence("reason-missing", language, values={"most": LONGEST})))
    if not mistakes and first and last:
        try:
            commands.close(session, facility, first, last, filled.reason, who=signed.who, at=now)
            return forms.see_other(request, CLOSED.format(facility=facility))
        except Invalid as refusal:
            session.rollback()
            mistakes = [Mistake("last_day", sentence(one.code, language)) for one in refusal.errors]
    context = {
        "closures": queries.closures_ahead(session, facility, today_at(facility, now)),
        "filled": filled,
        "mistakes": mistakes,
    }
    return framed(request, "planner/closed.html", signed, context, at=facility, status=400)


@router.post(f"{CLOSED}/{{closed_id}}/open")
def reopen(
    facility: str,
    closed_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    form: Annotated[str, Form()] = "",
) -> Response:
    check_form(form, signed)
    commands.reopen(session, facility, closed_id, who=signed.who, at=now)
    return forms.see_other(request, CLOSED.format(facility=facility))


@router.get(NOTES)
def notes(
    facility: str,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    done: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    context = {
        "notes": facilities.notes_of(session, facility),
        "spoken": _spoken(),
        "languages_named": {code: one.name for code, one in LANGUAGES.items()},
        "filled": NoteForm(checked_on=today_at(facility, now).isoformat()),
        "mistakes": [],
        "done": done == "said",
    }
    return framed(request, "planner/notes.html", signed, context, at=facility)


@router.post(NOTES)
def say(
    facility: str,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    filled: Annotated[NoteForm, Form()],
    form: Annotated[str, Form()] = "",
) -> Response:
    """Say something to who visits, in one language; nothing takes back what was said in it."""
    check_form(form, signed)
    language, checked = negotiate(request), _day(filled.checked_on)
    mistakes = _wrong_with(filled, checked, language)
    if not mistakes and checked:
        said = (filled.language, filled.text, filled.source, checked)
        commands.say(session, facility, *said, who=signed.who, at=now)
        return forms.see_other(request, f"{NOTES.format(facility=facility)}?done=said")
    context = {
        "notes": facilities.notes_of(session, facility),
        "spoken": _spoken(),
        "languages_named": {code: one.name for code, one in LANGUAGES.items()},
        "filled": filled,
        "mistakes": mistakes,
        "done": False,
    }
    return framed(request, "planner/notes.html", signed, context, at=facility, status=400)


def _wrong_with(filled: NoteForm, checked: date | None, language: str) -> list[Mistake]:
    wrong = []
    if filled.language not in FOR_FAMILIES:
        wrong.append(Mistake("language", sentence("not-understood", language)))
    if len(filled.text) > LONGEST_NOTE:
        wrong.append(Mistake("text", sentence("reason-missing", language, values={"most": LONGEST_NOTE})))
    if filled.text and not 0 < len(filled.source) <= LONGEST_SOURCE:
        wrong.append(Mistake("source", sentence("reason-missing", language, values={"most": LONGEST_SOURCE})))
    if checked is None:
        wrong.append(Mistake("checked_on", sentence("not-a-date", language)))
    return wrong


def _spoken() -> list[tuple[str, str, str]]:
    return [(code, LANGUAGES[code].name, f'lang="{code}"') for code in FOR_FAMILIES]


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
