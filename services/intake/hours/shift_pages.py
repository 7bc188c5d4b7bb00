"""Who is at the telephone when: taking a shift, giving it back, and asking a colleague.

`hours/shifts.html` gets `here` names by id, `now_here`, `mine`, `asked`, `coming`, `notes`, `colleagues` and
`today`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.hours import commands, queries, rules
from services.intake.hours.commands import CannotShift
from services.intake.hours.queries import AT_TELEPHONE
from services.intake.staff.access import staff
from services.intake.staff.framing import check_form, framed
from services.intake.staff.rules import Signed
from shared.countries import DEFAULT
from shared.web import forms
from shared.web.dependencies import FormDep, Now, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate
from shared.web.sentences import sentence

router = APIRouter(include_in_schema=False)
PATH = "/desk/shifts"
Adviser = Annotated[Signed, Depends(staff(*AT_TELEPHONE, back=PATH))]
AHEAD = timedelta(days=14)
LONGEST_NOTE = 1_000


@router.get(PATH)
def shifts_page(request: Request, session: SessionDep, signed: Adviser, now: Now) -> Response:
    return _page(request, session, signed, now)


@router.post(PATH)
def sign_up(request: Request, session: SessionDep, signed: Adviser, now: Now, sent: FormDep) -> Response:
    """Take a shift on the wall clock of the desk."""
    check_form(sent.get("form", ""), signed)
    day, begins, ends = (sent.get(name, "") for name in ("day", "begins", "ends"))
    span = rules.shift_of(day, begins, ends, DEFAULT.code)
    try:
        if span is None:
            raise CannotShift("shift-span")
        commands.sign_up(session, span, signed, at=now)
    except CannotShift as refusal:
        return _refused(request, session, signed, now, "day", refusal, sent)
    return _done(request)


@router.post(f"{PATH}/{{shift_id}}/{{deed}}")
def change(
    shift_id: UUID,
    deed: str,
    request: Request,
    session: SessionDep,
    signed: Adviser,
    now: Now,
    sent: FormDep,
) -> Response:
    """Give a shift back, ask a colleague for it, say yes or no to one, or leave a note in it."""
    check_form(sent.get("form", ""), signed)
    try:
        _do(session, shift_id, deed, signed, now, sent)
    except CannotShift as refusal:
        field = f"colleague-{shift_id}" if refusal.code == "shift-colleague" else "shifts"
        return _refused(request, session, signed, now, field, refusal, {})
    return _done(request)


def _do(
    session: Session, shift_id: UUID, deed: str, signed: Signed, now: datetime, sent: Mapping[str, str]
) -> None:
    if deed == "ask":
        commands.ask(session, shift_id, _id(sent.get("colleague", "")), signed, at=now)
    elif deed == "note":
        commands.leave_note(session, shift_id, sent.get("note", "").strip()[:LONGEST_NOTE], signed, at=now)
    elif deed in SIMPLE:
        SIMPLE[deed](session, shift_id, signed, at=now)
    else:
        raise CannotShift("shift-gone")


SIMPLE: Mapping[str, Any] = {
    "give-back": commands.give_back,
    "accept": commands.accept,
    "decline": commands.decline,
}


def _id(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError:
        raise CannotShift("shift-colleague") from None


def _done(request: Request) -> Response:
    request.app.state.hours_told.forget()
    return forms.see_other(request, PATH)


def _refused(
    request: Request,
    session: Session,
    signed: Signed,
    now: datetime,
    field: str,
    refusal: CannotShift,
    filled: Mapping[str, str],
) -> Response:
    session.rollback()
    mistake = Mistake(field, sentence(refusal.code, negotiate(request)))
    return _page(request, session, signed, now, mistakes=[mistake], filled=filled)


def _page(
    request: Request,
    session: Session,
    signed: Signed,
    now: datetime,
    *,
    mistakes: list[Mistake] | None = None,
    filled: Mapping[str, str] | None = None,
) -> Response:
    coming = queries.shifts(session, now, now + AHEAD)
    mine, asked = queries.shifts_of(session, signed.id, now), queries.asked_of(session, signed.id, now)
    notes = queries.notes_left(session, now)
    shown = (*coming, *mine, *asked, *notes)
    context = {
        "now_here": [one for one in coming if one.begins <= now],
        "coming": coming,
        "mine": mine,
        "asked": asked,
        "notes": [one for one in notes if one.staff_id != signed.id or one.ends <= now],
        "names": queries.names(session, (id for one in shown for id in (one.staff_id, one.asked))),
        "colleagues": [(str(id), name, "") for id, name in queries.colleagues(session, signed.id)],
        "filled": filled or {},
        "today": now.astimezone(ZoneInfo(DEFAULT.zone)).date(),
        "mistakes": mistakes or [],
    }
    return framed(request, "hours/shifts.html", signed, context, status=400 if mistakes else 200)
