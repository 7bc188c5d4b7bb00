"""What somebody who works here sees of themselves: sessions, and the means by which they sign in.

`staff/me.html` gets `mistakes`, `sessions` (of StaffSession), `means` (of OwnMeans), and includes
`staff/my_means.html`, the place of other means.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.staff import commands, queries
from services.intake.staff.access import staff
from services.intake.staff.framing import OWN, check_form, framed
from services.intake.staff.pages import SignedIn, Typed, mistake
from services.intake.staff.passwords import PasswordProblem
from services.intake.staff.rules import Signed
from shared.web import forms
from shared.web.dependencies import Now, SessionDep
from shared.web.forms import Mistake

router = APIRouter(include_in_schema=False)
Sure = Annotated[Signed, Depends(staff(stepped_up=True, back=OWN))]


@router.get("/desk/me")
def me(request: Request, session: SessionDep, signed: SignedIn) -> Response:
    return _me(request, session, signed)


def _me(request: Request, session: Session, signed: Signed, wrong: Mistake | None = None) -> Response:
    context = {
        "mistakes": [wrong] if wrong else [],
        "sessions": queries.sessions_of(session, signed.id),
        "means": queries.own_means(session, signed.id),
    }
    return framed(request, "staff/me.html", signed, context, status=400 if wrong else 200)


@router.post("/desk/me/sessions/{session_id}/end")
def end_session(
    session_id: UUID, request: Request, session: SessionDep, now: Now, signed: SignedIn, form: Typed = ""
) -> Response:
    check_form(form, signed)
    commands.end_session(session, signed, session_id, at=now)
    return forms.see_other(request, OWN)


@router.post("/desk/me/sessions/end-others")
def end_others(
    request: Request, session: SessionDep, now: Now, signed: SignedIn, form: Typed = ""
) -> Response:
    check_form(form, signed)
    commands.end_others(session, signed, at=now)
    return forms.see_other(request, OWN)


@router.post("/desk/me/password")
def change_password(
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Sure,
    form: Typed = "",
    current: Typed = "",
    wanted: Typed = "",
) -> Response:
    check_form(form, signed)
    try:
        changed = commands.change_password(session, signed, current, wanted, at=now)
    except PasswordProblem as problem:
        return _me(request, session, signed, mistake(request, "wanted", problem.code))
    if not changed:
        return _me(request, session, signed, mistake(request, "current", "not-you"))
    return forms.see_other(request, OWN)


@router.post("/desk/me/recovery-codes")
def new_codes(request: Request, session: SessionDep, now: Now, signed: Sure, form: Typed = "") -> Response:
    """Make new recovery codes and show them, once."""
    check_form(form, signed)
    made = commands.new_codes(session, signed.id, at=now)
    return framed(request, "staff/recovery_codes.html", signed, {"codes": made, "next": OWN})
