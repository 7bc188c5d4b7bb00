"""The facility itself: the days on which it is closed, and what it says to who visits.

The templates and their variables (besides those of the frame):

- `planner/closed.html`: `closures`, `filled`, `mistakes`
- `planner/note.html`: `filled`, `mistakes`, `said_on`
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.notify.planner import queries
from services.notify.planner.access import Member, Planning
from services.notify.planner.form import ClosedForm, NoteForm, a_day, wrong_in
from services.notify.planner.framing import AT, check_form, framed, today_at
from services.notify.visits import commands, facilities
from shared.errors import Invalid
from shared.web import forms
from shared.web.dependencies import Now, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False)
Typed = Annotated[str, Form(max_length=2000)]
# What is said to whoever reads a language in which nothing of its own is said.
EVERY_LANGUAGE = ""


@router.get("/planner/facilities/{facility}/closed")
def closed_page(facility: str, request: Request, session: SessionDep, now: Now, signed: Planning) -> Response:
    return _closed(request, session, signed, facility, now, ClosedForm())


@router.post("/planner/facilities/{facility}/closed")
def closed_form(
    facility: str,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    filled: Annotated[ClosedForm, Form()],
) -> Response:
    check_form(filled.form, signed)
    language = negotiate(request)
    said, mistakes = filled.read(language)
    if said is None:
        return _closed(request, session, signed, facility, now, filled, mistakes)
    try:
        commands.close(session, facility, *said, who=signed.who, at=now)
    except Invalid as refusal:
        mistakes = wrong_in(filled, refusal, language)
        return _closed(request, session, signed, facility, now, filled, mistakes)
    return forms.see_other(request, f"{AT.format(facility=facility)}/closed")


@router.post("/planner/facilities/{facility}/closed/{closed_id}/open")
def open_form(
    facility: str,
    closed_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    form: Typed = "",
) -> Response:
    check_form(form, signed)
    commands.reopen(session, facility, closed_id, who=signed.who, at=now)
    return forms.see_other(request, f"{AT.format(facility=facility)}/closed")


def _closed(
    request: Request,
    session: Session,
    signed: Member,
    facility: str,
    now: datetime,
    filled: ClosedForm,
    mistakes: Sequence[Mistake] = (),
) -> Response:
    closures = queries.closures_ahead(session, facility, today_at(facility, now))
    context = {"closures": closures, "filled": filled, "mistakes": mistakes}
    status = 400 if mistakes else 200
    return framed(request, "planner/closed.html", signed, context, at=facility, status=status)


@router.get("/planner/facilities/{facility}/note")
def note_page(facility: str, request: Request, session: SessionDep, now: Now, signed: Planning) -> Response:
    said = facilities.note_for(session, facility, EVERY_LANGUAGE)
    filled = NoteForm(checked_on=today_at(facility, now).isoformat())
    if said is not None:
        filled = NoteForm(text=said.text, source=said.source, checked_on=said.checked_on.isoformat())
    return _note(request, signed, facility, filled)


@router.post("/planner/facilities/{facility}/note")
def note_form(
    facility: str,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Planning,
    filled: Annotated[NoteForm, Form()],
) -> Response:
    """Say something to who visits, in place of what was said; with no words nothing is said any more."""
    check_form(filled.form, signed)
    today = today_at(facility, now)
    mistakes = filled.wrong(today, negotiate(request))
    if mistakes:
        return _note(request, signed, facility, filled, mistakes)
    checked = a_day(filled.checked_on) or today
    text, source = filled.text[:2000], filled.source[:500]
    commands.say(session, facility, EVERY_LANGUAGE, text, source, checked, who=signed.who, at=now)
    return forms.see_other(request, f"{AT.format(facility=facility)}/note")


def _note(
    request: Request, signed: Member, facility: str, filled: NoteForm, mistakes: Sequence[Mistake] = ()
) -> Response:
    context = {"filled": filled, "mistakes": mistakes}
    status = 400 if mistakes else 200
    return framed(request, "planner/note.html", signed, context, at=facility, status=status)
