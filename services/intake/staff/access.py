"""Access to the pages of people who work here: by a session, and by role."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response

from services.intake.staff.commands import signed_in
from services.intake.staff.rules import LONGEST, Signed
from services.intake.staff.tables import Role
from shared.errors import Forbidden, Problem
from shared.security.access import Access
from shared.web import browsers
from shared.web.browsers import SessionCookie

COOKIE = "weerzien_staff"
KEPT = SessionCookie("intake", COOKIE, LONGEST)
TOUCHED = "touched"


class SignInFirst(Problem):
    """The page is for somebody who signed in: the browser goes there, and comes back to this page."""

    def __init__(self, back: str) -> None:
        super().__init__(
            303,
            "sign-in",
            "Sign in first",
            "This page is for people who work here.",
            headers={"Location": f"/desk/sign-in?next={back}"},
        )


class StepUpFirst(Problem):
    """The page asks for proof that it is still the person who signed in."""

    def __init__(self, back: str) -> None:
        super().__init__(
            303,
            "step-up",
            "Prove that it is you",
            "This needs proof that it is still you.",
            headers={"Location": f"/desk/step-up?next={back}"},
        )


class WrongRole(Forbidden):
    """Somebody who signed in asked for a page that is for others; they are told what is theirs."""

    def __init__(self) -> None:
        super().__init__("Your role does not open this page.")
        self.slug = "wrong-role"


class StaffAccess(Access):
    """Lets in people who signed in and have one of the roles; everybody who signed in where none is named.

    `back` is the page to come back to where a form was sent: what was sent is not done by itself afterwards.
    `by_itself`: pages ask this of their own accord, again and again.
    """

    def __init__(
        self, *roles: Role, stepped_up: bool = False, back: str = "/desk", by_itself: bool = False
    ) -> None:
        self.roles, self.stepped_up, self.back, self.by_itself = roles, stepped_up, back, by_itself

    def __call__(self, request: Request) -> Signed:
        """Return who it is. Raises SignInFirst, WrongRole, or StepUpFirst."""
        with request.app.state.runtime.sessions() as session:
            token = request.cookies.get(cookie_name(request), "")
            signed = signed_in(session, token, in_use=self._is_touched(request))
        if signed is None:
            raise SignInFirst(self._back(request))
        if self.roles and not signed.may(*self.roles):
            raise WrongRole
        if self.stepped_up and not signed.is_stepped_up:
            raise StepUpFirst(self._back(request))
        return signed

    def _is_touched(self, request: Request) -> bool:
        """Whether somebody sits there. A page that asks by itself says whether keys or mouse were touched.

        Otherwise a page that was left open would keep whoever left it signed in until the evening.
        """
        told = request.query_params.get(TOUCHED)
        return told == "yes" if self.by_itself else told != "no"

    def _back(self, request: Request) -> str:
        """Return the page that was asked for, as `next` in an address; `back` where it was no page."""
        if request.method not in ("GET", "HEAD"):
            return quote(self.back, safe="/")
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return quote(asked, safe="/")


def staff(
    *roles: Role, stepped_up: bool = False, back: str = "/desk", by_itself: bool = False
) -> StaffAccess:
    """Return the access of people with one of these roles, who proved lately that it is they if need be."""
    return StaffAccess(*roles, stepped_up=stepped_up, back=back, by_itself=by_itself)


def cookie_name(request: Request) -> str:
    return KEPT.name(request)


def keep_cookie(request: Request, answer: Response, token: str) -> None:
    KEPT.keep(request, answer, token)


def drop_cookie(request: Request, answer: Response) -> None:
    KEPT.drop(request, answer)


def is_https(request: Request) -> bool:
    """Whether people reach us by https alone."""
    return browsers.is_https(request, "intake")
