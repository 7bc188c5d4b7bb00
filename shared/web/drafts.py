"""The cookie by which a form that is being filled in is found again, in that browser alone."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import Response

from shared.runtime import Runtime


@dataclass(frozen=True)
class DraftCookie:
    """`path`: where the pages of the form are; the browser sends it nowhere else."""

    cookie: str
    path: str

    def token_of(self, request: Request) -> str:
        return request.cookies.get(self._name(request), "")

    def keep(self, request: Request, answer: Response, token: str) -> None:
        """Have the browser keep the token until it is closed."""
        self._set(request, answer, token, None)

    def keep_a_moment(self, request: Request, answer: Response, token: str, seconds: float) -> None:
        """Have the browser keep the token a little longer, so that a second press finds the same receipt.

        Where a cookie changes, a browser also forgets the pages that it kept in memory, with what was typed.
        """
        self._set(request, answer, token, int(seconds))

    def drop(self, request: Request, answer: Response) -> None:
        secure = _is_https(request)
        answer.delete_cookie(
            self._name(request), path=self.path, secure=secure, httponly=True, samesite="lax"
        )

    def _set(self, request: Request, answer: Response, token: str, seconds: int | None) -> None:
        answer.set_cookie(
            self._name(request),
            token,
            max_age=seconds,
            path=self.path,
            secure=_is_https(request),
            httponly=True,
            samesite="lax",
        )

    def _name(self, request: Request) -> str:
        return f"__Secure-{self.cookie}" if _is_https(request) else self.cookie


def _is_https(request: Request) -> bool:
    runtime: Runtime = request.app.state.runtime
    return runtime.settings.public_url(runtime.service).startswith("https://")
