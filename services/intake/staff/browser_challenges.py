"""The cookie by which a challenge is answered only by the browser that was given it."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from services.intake.staff.access import is_https
from services.intake.staff.challenges import LASTS

COOKIE = "weerzien_challenge"


def hand(request: Request, answer: Response, token: str) -> None:
    """Have the browser keep a challenge's token for as long as it lasts."""
    answer.set_cookie(
        _name(request),
        token,
        max_age=int(LASTS.total_seconds()),
        path="/",
        secure=is_https(request),
        httponly=True,
        # Lax, so that it is there when the organisation's own page sends the browser back.
        samesite="lax",
    )


def handed(request: Request) -> str:
    """Return the token of the challenge that this browser was given last, or nothing."""
    return request.cookies.get(_name(request), "")


def _name(request: Request) -> str:
    return f"__Host-{COOKIE}" if is_https(request) else COOKIE
