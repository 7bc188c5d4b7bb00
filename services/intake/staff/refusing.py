"""What people who work here are told, in their own frame, where a page of the desk is refused."""

from __future__ import annotations

import logging

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.exc import SQLAlchemyError

from services.intake.staff.access import WrongRole, cookie_name
from services.intake.staff.commands import signed_in
from services.intake.staff.framing import framed, home
from services.intake.staff.rules import Signed
from shared.errors import Problem
from shared.web import pages

log = logging.getLogger(__name__)


def in_frame(request: Request, problem: Problem) -> HTMLResponse | None:
    """Return the refusal in the desk's frame, with what this person may open; None away from the desk."""
    if not at_desk(request.url.path):
        return None
    signed = _who(request)
    context = {
        "key": _key(problem),
        "home": home(signed.roles) if signed else "/desk/sign-in",
        "wrong_role": isinstance(problem, WrongRole),
    }
    answer = framed(request, "staff/refused.html", signed, context, status=problem.status)
    answer.headers.update(problem.headers)
    return answer


def at_desk(path: str) -> bool:
    """Whether people who work here read this address."""
    return path == "/desk" or path.startswith("/desk/")


def _who(request: Request) -> Signed | None:
    """Return who is signed in; None as well while the database cannot say."""
    try:
        with request.app.state.runtime.sessions() as session:
            return signed_in(session, request.cookies.get(cookie_name(request), ""))
    except SQLAlchemyError as away:
        log.warning("who is signed in cannot be told: %s", type(away).__name__)
        return None


def _key(problem: Problem) -> str:
    """Return where the words for it are: the desk's own, else those that every page has."""
    for key in (f"staff.refused-{problem.slug}", f"problem.{problem.slug}"):
        if pages.texts().has(f"{key}.title"):
            return key
    return "problem.other"
