"""The cookie of somebody who typed the five words: for this visit alone, gone when the browser closes."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from services.intake.staff.access import is_https

# It says nothing, as the address says nothing.
NAME, PATH = "h", "/hallo"


def keep(request: Request, answer: Response, token: str) -> None:
    answer.set_cookie(NAME, token, path=PATH, secure=is_https(request), httponly=True, samesite="strict")


def token(request: Request) -> str:
    """Return the token that this browser was given last, or nothing."""
    return request.cookies.get(NAME, "")


def drop(request: Request, answer: Response) -> None:
    answer.delete_cookie(NAME, path=PATH, secure=is_https(request), httponly=True, samesite="strict")
