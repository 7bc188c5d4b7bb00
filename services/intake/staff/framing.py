"""Pages where people work: all in one frame, with the ways that somebody's roles open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from services.intake.staff.passkeys import Site
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from shared.web import forms, pages

FORM = "staff"
AT_DESK = (Role.ADVISER, Role.SENIOR, Role.SUPERVISOR)

# Each way: its text (`staff.nav-KEY`), its address, and who sees it.
WAYS: tuple[tuple[str, str, tuple[Role, ...]], ...] = (
    ("desk", "/desk", (Role.ADVISER, Role.SENIOR)),
    ("today", "/desk/today", (Role.ADVISER, Role.SENIOR)),
    ("search", "/desk/search", (Role.ADVISER, Role.SENIOR)),
    ("calls", "/desk/calls", (Role.ADVISER, Role.SENIOR)),
    ("call-backs", "/desk/call-backs", (Role.ADVISER, Role.SENIOR)),
    ("shifts", "/desk/shifts", (Role.ADVISER, Role.SENIOR)),
    ("figures", "/desk/figures", (Role.SUPERVISOR, Role.SENIOR)),
    ("people", "/desk/people", (Role.OPERATOR,)),
    ("hours", "/desk/hours", (Role.SUPERVISOR, Role.OPERATOR)),
    ("audit", "/desk/audit", (Role.AUDITOR,)),
    ("reply-templates", "/desk/reply-templates", (Role.EDITOR,)),
    ("guidance", "/desk/guidance", (Role.EDITOR,)),
)
OWN = "/desk/me"


def home(roles: frozenset[Role]) -> str:
    """Return where somebody with these roles begins: the desk, else the first page that is theirs."""
    if roles.intersection({Role.ADVISER, Role.SENIOR}):
        return "/desk"
    return next((path for _, path, theirs in WAYS if roles.intersection(theirs)), OWN)


def framed(
    request: Request, template: str, signed: Signed | None, context: Mapping[str, Any], *, status: int = 200
) -> HTMLResponse:
    """Render a page in the frame. `form_token` in it is for every form, and is checked by `check_form`.

    It is tied to the session and not to its token, which changes whenever somebody proves again who they are:
    a form that is open in another tab must not be lost by that.
    """
    ways = [(key, path) for key, path, roles in WAYS if signed and signed.may(*roles)]
    token = forms.new_token(FORM, str(signed.session_id)) if signed else ""
    own = {"signed": signed, "ways": ways, "form_token": token, "can": _can(request)}
    return pages.render(request, template, own | dict(context), status=status)


def _can(request: Request) -> dict[str, bool]:
    """Return by which other means than a password people can sign in here."""
    settings = request.app.state.runtime.settings
    return {
        "passkeys": Site.of(settings.public_url("intake")) is not None,
        "accounts": settings.oidc_is_complete,
    }


def check_form(token: str, signed: Signed) -> None:
    """Raise Forbidden if a form did not come from a page that this person's session was shown."""
    forms.check(token, FORM, str(signed.session_id))
