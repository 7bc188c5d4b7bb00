"""What every page with a form has in common: its token, where it was sent from, what is to be corrected.

A page makes a token with `new_token` and shows it by the macro `f.token` of `forms.html`; the route that
takes the form asks `is_ours`, or `check` where a form that is not ours is refused. What has to be corrected
goes to the page as a list of `Mistake`: the macros show each in a summary and beside its field. Where all was
done, the answer is `see_other`, or a page that says so and does nothing when it is sent again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import uuid4

from fastapi import Request
from fastapi.responses import RedirectResponse
from itsdangerous import BadSignature, Signer
from starlette.datastructures import Headers

from shared.crypto import derive
from shared.errors import Forbidden
from shared.web import pages

# With `Referrer-Policy: no-referrer` a browser sends this from our own pages as well.
UNTOLD = "null"
OUR_OWN = ("same-origin", "none")


@dataclass(frozen=True)
class Mistake:
    """One thing to correct: the page's field, and a sentence that says what and how."""

    field: str
    sentence: str


def new_token(form: str, session: str = "") -> str:
    """Proof that a form came from our page, made for one session where there is one; each time another.

    A page can use it as the key by which sending the form twice is one thing.
    """
    return _signer(form, session).sign(uuid4().hex).decode()


def is_ours(token: str, form: str, session: str = "") -> bool:
    """Whether `new_token` made it for this form and this session. It does not lapse by itself."""
    try:
        _signer(form, session).unsign(token)
    except (BadSignature, UnicodeError):
        return False
    return True


def check(token: str, form: str, session: str = "") -> None:
    """Raises Forbidden for a form that did not come from our page, or was made for another session."""
    if not is_ours(token, form, session):
        raise Forbidden("This form is out of date. Open the page again and send it once more.")


def see_other(request: Request, path: str) -> RedirectResponse:
    """After what was sent is done: the page at `path`, in the same language, which can be opened anew."""
    return RedirectResponse(pages.keeping_language(request, path), status_code=303)


def is_foreign(headers: Headers, public_url: str) -> bool:
    """Whether a browser says that a form was sent from another site than ours.

    Where it says nothing, as old browsers and programs do, the form's own token has to do.
    """
    if headers.get("sec-fetch-site", OUR_OWN[0]) not in OUR_OWN:
        return True
    origin = headers.get("origin", UNTOLD)
    return origin != UNTOLD and _host(origin) not in (headers.get("host"), _host(public_url))


def _host(origin: str) -> str:
    return origin.partition("://")[2].partition("/")[0]


def _signer(form: str, session: str) -> Signer:
    salt = f"{form}:{hashlib.sha256(session.encode()).hexdigest()}"
    return Signer(derive("form"), salt=salt, key_derivation="hmac", digest_method=hashlib.sha256)
