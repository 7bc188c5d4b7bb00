"""What every page with a form has in common: its token, where it was sent from, what is to be corrected.

A page makes a token with `new_token` and shows it by the macro `f.token` of `forms.html`; the route that
takes the form asks `is_ours`, or `check` where a form that is not ours is refused. What has to be corrected
goes to the page as a list of `Mistake`: the macros show each in a summary and beside its field. Where all was
done, the answer is `see_other`, or a page that says so and does nothing when it is sent again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Request
from fastapi.responses import RedirectResponse
from itsdangerous import BadSignature, Signer, TimestampSigner
from pydantic import BaseModel, BeforeValidator, ConfigDict
from starlette.datastructures import Headers

from shared.crypto import derive_all
from shared.errors import Forbidden
from shared.web import pages, sentences
from shared.web.sentences import sentence

# With `Referrer-Policy: no-referrer` a browser sends this from our own pages as well.
UNTOLD = "null"
OUR_OWN = ("same-origin", "none")
NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True)
class Mistake:
    """One thing to correct: the field of the page, and a sentence that says what is wrong and what to do."""

    field: str
    sentence: str


class At:
    """Where a field goes in the body that the API takes: `Annotated[Text, At("contact", "name")]`."""

    def __init__(self, *path: str) -> None:
        self.path = path


def _typed(value: object) -> object:
    # Browsers send a line break as two signs, and count it as one.
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_typed)]
Tick = Annotated[bool, BeforeValidator(lambda value: value in (True, "yes"))]


class FilledForm(BaseModel):
    """The fields of a page in order, as they were filled in, so that they can be shown again for correction.

    Every field may be empty, and one that is was not filled in. What is wrong is found when the body is read.
    """

    model_config = ConfigDict(frozen=True)

    @classmethod
    def places(cls) -> Mapping[str, tuple[str, ...]]:
        """Return where each field goes, for those that say so with `At`."""
        return {
            name: at.path
            for name, field in cls.model_fields.items()
            for at in field.metadata
            if isinstance(at, At)
        }

    def body(self) -> dict[str, Any]:
        """Return what was filled in, under the names of the API."""
        body: dict[str, Any] = {}
        for name, (*groups, last) in self.places().items():
            if value := getattr(self, name):
                group = body
                for one in groups:
                    group = group.setdefault(one, {})
                group[last] = value
        return body

    @classmethod
    def mistake(
        cls, path: Sequence[str | int], code: str, language: str, values: Mapping[str, object] = NOTHING
    ) -> Mistake:
        """Return what is wrong at a place in the body, in words of its own field or of any field."""
        field = cls._field_at(tuple(one for one in map(str, path) if not one.isdigit()))
        code = code.replace("_", "-")
        known = (f"{field}-{code}", code, f"{field}-missing", "not-understood")
        return Mistake(field, sentence(next(filter(sentences.has, known)), language, values=values))

    @classmethod
    def in_order(cls, mistakes: Sequence[Mistake]) -> list[Mistake]:
        """Return one mistake for each field, in the order of the page."""
        first: dict[str, Mistake] = {}
        for one in sorted(mistakes, key=lambda one: list(cls.model_fields).index(one.field)):
            first.setdefault(one.field, one)
        return list(first.values())

    @classmethod
    def _field_at(cls, path: tuple[str, ...]) -> str:
        """Return the field at a place; a mistake about several fields belongs to the last of them."""
        exact = [name for name, place in cls.places().items() if path[: len(place)] == place]
        around = [name for name, place in cls.places().items() if place[: len(path)] == path]
        return (exact or around[-1:] or list(cls.places()))[0]


def new_token(form: str, session: str = "", *, at: datetime | None = None) -> str:
    """Return proof that a form came from our page, tied to the session if there is one; new each time.

    It carries the moment at which the page was made (see `made_at`). A page can use it as the key by which
    sending the form twice is one thing.
    """
    return _Dated(form, session, at or datetime.now(UTC)).sign(uuid4().hex).decode()


def made_at(token: str, form: str, session: str = "") -> datetime | None:
    """Return when `new_token` made it, or None where it does not say so or is not ours."""
    try:
        return _Dated(form, session).unsign(token, return_timestamp=True)[1]
    except (BadSignature, UnicodeError):
        return None


def is_ours(token: str, form: str, session: str = "") -> bool:
    """Return whether `new_token` made it for this form and session. A token does not expire."""
    try:
        _signer(form, session).unsign(token)
    except (BadSignature, UnicodeError):
        return False
    return True


def check(token: str, form: str, session: str = "") -> None:
    """Raise Forbidden if the form did not come from our page, or was made for another session."""
    if not is_ours(token, form, session):
        raise Forbidden("This form is out of date. Open the page again and send it once more.")


def see_other(request: Request, path: str) -> RedirectResponse:
    """Redirect to `path`, in the same language, after a form was handled: that page can be reloaded."""
    return RedirectResponse(pages.keeping_language(request, path), status_code=303)


def is_foreign(headers: Headers, public_url: str) -> bool:
    """Return whether the browser says that a form was sent from another site.

    Where it says nothing, as old browsers and programs do, the form's own token has to do.
    """
    if headers.get("sec-fetch-site", OUR_OWN[0]) not in OUR_OWN:
        return True
    origin = headers.get("origin", UNTOLD)
    return origin != UNTOLD and _host(origin) not in (headers.get("host"), _host(public_url))


def _host(origin: str) -> str:
    return origin.partition("://")[2].partition("/")[0]


def _signer(form: str, session: str) -> Signer:
    """Return what reads tokens with and without a moment: the version before made them without."""
    return Signer(**_key(form, session))


class _Dated(TimestampSigner):
    """A signer by our own clock, which tests and the demo set."""

    def __init__(self, form: str, session: str, at: datetime | None = None) -> None:
        super().__init__(**_key(form, session))
        self._at = at

    def get_timestamp(self) -> int:
        return int((self._at or datetime.now(UTC)).timestamp())


def _key(form: str, session: str) -> dict[str, Any]:
    salt = f"{form}:{hashlib.sha256(session.encode()).hexdigest()}"
    # The last one signs, and all of them are recognised.
    return {
        "secret_key": derive_all("form")[::-1],
        "salt": salt,
        "key_derivation": "hmac",
        "digest_method": hashlib.sha256,
    }
