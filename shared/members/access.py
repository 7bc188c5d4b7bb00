"""Access to the pages of members: by a session."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Request

from shared.errors import Problem
from shared.members.commands import From, signed_in
from shared.members.rules import LONGEST, Signed
from shared.members.tables import Members
from shared.security.access import Access
from shared.web.browsers import SessionCookie, browser_of


class SignInFirst(Problem):
    """The page is for somebody who signed in: the browser goes there, and comes back to this page."""

    def __init__(self, members: Members, back: str) -> None:
        super().__init__(
            303,
            "sign-in",
            "Sign in first",
            "This page is for people who have a link.",
            headers={"Location": f"{members.sign_in}?next={back}"},
        )


class MemberAccess(Access):
    """Lets in members who are signed in, whatever is theirs. What is whose a kind of its own looks at."""

    def __init__(self, members: Members) -> None:
        self.members = members
        self.cookie = SessionCookie(members.service, members.cookie, LONGEST)

    def __call__(self, request: Request) -> Signed:
        """Return who it is, and what is theirs at this moment. Raises SignInFirst."""
        with request.app.state.runtime.sessions() as session:
            signed = signed_in(session, self.members, self.cookie.token(request))
        if signed is None:
            raise SignInFirst(self.members, self._back(request))
        return signed

    def place(self, request: Request) -> From:
        """Return where somebody signs in."""
        return From(browser_of(request.headers.get("user-agent", "")), self.cookie.token(request))

    def _back(self, request: Request) -> str:
        """Return the page that was asked for, as `next` in an address; home where it was no page.

        What was sent is not done by itself afterwards.
        """
        if request.method not in ("GET", "HEAD"):
            return quote(self.members.home, safe="/")
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return quote(asked, safe="/")
