"""The cookie by which a question that is being filled in is found again, in that browser alone."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

COOKIE, PATH = "weerzien_steps", "/ask"


def token_of(request: Request) -> str:
    return request.cookies.get(_name(request), "")


def keep(request: Request, answer: Response, token: str) -> None:
    """Have the browser keep the token until it is closed."""
    secure = _is_https(request)
    answer.set_cookie(_name(request), token, path=PATH, secure=secure, httponly=True, samesite="lax")


def keep_a_moment(request: Request, answer: Response, token: str, seconds: float) -> None:
    """Have the browser keep the token a little longer, so that a second press finds the same receipt.

    Where a cookie changes, a browser also forgets the pages that it kept in memory, with what was typed.
    """
    answer.set_cookie(
        _name(request),
        token,
        max_age=int(seconds),
        path=PATH,
        secure=_is_https(request),
        httponly=True,
        samesite="lax",
    )


def drop(request: Request, answer: Response) -> None:
    secure = _is_https(request)
    answer.delete_cookie(_name(request), path=PATH, secure=secure, httponly=True, samesite="lax")


def _name(request: Request) -> str:
    return f"__Secure-{COOKIE}" if _is_https(request) else COOKIE


def _is_https(request: Request) -> bool:
    return bool(request.app.state.runtime.settings.public_url("intake").startswith("https://"))
