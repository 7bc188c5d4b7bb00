"""Signing in by a link in a mail, and what a planner sees of their own sessions.

The templates and their variables (besides those of the frame):

- `planner/sign_in.html`: `mistakes`, `email`, `next`
- `planner/sent.html`, `planner/link_over.html`: none
- `planner/link.html`: `name`, `token`
- `planner/me.html`: `sessions`, `facilities`
- `planner/home.html`: `facilities`
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.notify.planner.access import Planning, member
from services.notify.planner.commands import ask_for_link
from services.notify.planner.framing import HOME, OWN, check_form, facilities_of, framed
from services.notify.planner.tables import PLANNERS
from shared.contact.problems import ContactProblem
from shared.errors import TooMany
from shared.members import commands, queries
from shared.members.commands import LinkOver
from shared.members.rules import path_below
from shared.security.access import open_to_all
from shared.web import forms
from shared.web.dependencies import Now, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate
from shared.web.origin import origin
from shared.web.sentences import sentence

router = APIRouter(include_in_schema=False)
open_router = APIRouter(include_in_schema=False, dependencies=[Depends(open_to_all)])
SIGN_IN = "planner-sign-in"
Typed = Annotated[str, Form(max_length=2000)]


@open_router.get("/planner/sign-in")
def sign_in_page(request: Request, next: str = "") -> Response:
    return _ask(request, next)


@open_router.post("/planner/sign-in")
def sign_in_form(
    request: Request, session: SessionDep, now: Now, form: Typed = "", email: Typed = "", next: Typed = ""
) -> Response:
    """Mail a link. Whoever asks gets one answer, from which nobody learns whether the address is known."""
    forms.check(form, SIGN_IN)
    language = negotiate(request)
    try:
        ask_for_link(session, email, origin(request), wanted=next, language=language, at=now)
    except ContactProblem as problem:
        wrong = Mistake("email", sentence(problem.code, language, field="email"))
        return _ask(request, next, email, wrong, status=400)
    except TooMany as refusal:
        minutes = -(-refusal.retry_after // 60)
        wrong = Mistake("email", sentence("link-wait", language, values={"minutes": minutes}))
        answer = _ask(request, next, email, wrong, status=refusal.status)
        answer.headers.update(refusal.headers)
        return answer
    return forms.see_other(request, f"{PLANNERS.sign_in}/sent")


def _ask(
    request: Request, wanted: str, email: str = "", wrong: Mistake | None = None, *, status: int = 200
) -> Response:
    context = {
        "mistakes": [wrong] if wrong else [],
        "email": email[:254],
        "next": path_below(wanted, HOME),
        "form_token": forms.new_token(SIGN_IN),
    }
    return framed(request, "planner/sign_in.html", None, context, status=status)


@open_router.get("/planner/sign-in/sent")
def link_sent(request: Request) -> Response:
    return framed(request, "planner/sent.html", None, {})


@open_router.api_route("/planner/sign-in/{token}", methods=["GET", "HEAD"])
def link_page(token: str, request: Request, session: SessionDep) -> Response:
    """Show one button, by which the link is used up. Whatever opens links in mails changes nothing by it."""
    name = _whose(request, session, token)
    if name is None:
        return _over(request)
    context = {"name": name, "token": token, "form_token": forms.new_token(SIGN_IN, token)}
    return framed(request, "planner/link.html", None, context)


@open_router.post("/planner/sign-in/{token}")
def link_form(token: str, request: Request, session: SessionDep, now: Now, form: Typed = "") -> Response:
    """Sign in whom the link is for, once."""
    forms.check(form, SIGN_IN, token)
    if _whose(request, session, token) is None:
        return _over(request)
    try:
        mine, wanted = commands.let_in(session, PLANNERS, token, member.place(request), at=now)
    except LinkOver:
        return _over(request)
    answer = forms.see_other(request, wanted or HOME)
    member.cookie.keep(request, answer, mine)
    return answer


def _whose(request: Request, session: Session, token: str) -> str | None:
    """Return who comes in by this link; a sample planner does nowhere that real people are."""
    live = queries.live_link(session, PLANNERS, token)
    if live is None or (live[1].sample and not request.app.state.runtime.settings.embedded):
        return None
    return str(live[1].name)


def _over(request: Request) -> Response:
    return framed(request, "planner/link_over.html", None, {}, status=404)


@router.post("/planner/sign-out")
def sign_out(request: Request, session: SessionDep, now: Now, signed: Planning, form: Typed = "") -> Response:
    check_form(form, signed)
    commands.sign_out(session, PLANNERS, signed, at=now)
    answer = forms.see_other(request, PLANNERS.sign_in)
    member.cookie.drop(request, answer)
    return answer


@router.get("/planner/me")
def me(request: Request, session: SessionDep, signed: Planning) -> Response:
    sessions = queries.sessions_of(session, PLANNERS, signed.id)
    context = {"sessions": sessions, "facilities": facilities_of(signed)}
    return framed(request, "planner/me.html", signed, context)


@router.post("/planner/me/sessions/{session_id}/end")
def end_session(
    session_id: UUID, request: Request, session: SessionDep, now: Now, signed: Planning, form: Typed = ""
) -> Response:
    check_form(form, signed)
    commands.end_session(session, PLANNERS, signed, session_id, at=now)
    return forms.see_other(request, OWN)


@router.post("/planner/me/sessions/end-others")
def end_others(
    request: Request, session: SessionDep, now: Now, signed: Planning, form: Typed = ""
) -> Response:
    check_form(form, signed)
    commands.end_others(session, PLANNERS, signed, at=now)
    return forms.see_other(request, OWN)


@router.get("/planner")
def home(request: Request, signed: Planning) -> Response:
    return framed(request, "planner/home.html", signed, {"facilities": facilities_of(signed)})
