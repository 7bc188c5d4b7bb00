"""What a browser keeps of a session, and what it is called in the list of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request
from fastapi.responses import Response

BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
MACHINES = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}


def browser_of(called: str) -> str:
    """Return what a browser calls itself in two words, by which its user knows it: `Firefox, Windows`."""
    found = [
        next((name for sign, name in kind.items() if sign in called), "") for kind in (BROWSERS, MACHINES)
    ]
    return ", ".join(filter(None, found))


def is_https(request: Request, service: str) -> bool:
    """Whether people reach this service of ours by https alone."""
    return bool(request.app.state.runtime.settings.public_url(service).startswith("https://"))


@dataclass(frozen=True)
class SessionCookie:
    """The cookie that holds a session's token at one service."""

    service: str
    bare: str
    lasts: timedelta

    def name(self, request: Request) -> str:
        """At an https address a browser takes a cookie of this name from nobody but us."""
        return f"__Host-{self.bare}" if is_https(request, self.service) else self.bare

    def token(self, request: Request) -> str:
        return request.cookies.get(self.name(request), "")

    def keep(self, request: Request, answer: Response, token: str) -> None:
        """Have the browser keep the session's token."""
        answer.set_cookie(
            self.name(request),
            token,
            max_age=int(self.lasts.total_seconds()),
            path="/",
            secure=is_https(request, self.service),
            httponly=True,
            # Lax, so that a link in a colleague's mail opens the page; forms prove where they came from.
            samesite="lax",
        )

    def drop(self, request: Request, answer: Response) -> None:
        secure = is_https(request, self.service)
        answer.delete_cookie(self.name(request), path="/", secure=secure, httponly=True, samesite="lax")
