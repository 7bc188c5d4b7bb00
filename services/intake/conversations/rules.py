"""Decisions about a conversation: who may still write, and whether an answer is finished. No I/O."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.intake.requests.tables import AdviceRequest, State
from shared.contact.text import tidy_text
from shared.countries import BY_CODE, DEFAULT
from shared.crypto import derive_index
from shared.errors import RuleBroken

LONGEST = 4000
# What a template may leave open: the number of the question, who helps, and when we can be called.
PLACEHOLDERS = ("reference", "service", "hours")
OPEN = re.compile(r"\{([a-z]+)\}")


class TakenBack(RuleBroken):
    """The advice request was withdrawn, so nobody writes about it any more."""


class NotFinished(RuleBroken):
    """A text cannot be sent as it is: `code` says what is wrong with it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_open(request: AdviceRequest) -> None:
    """Raise TakenBack where nobody writes any more. A question that was closed can still be spoken about."""
    if request.state is State.WITHDRAWN or request.erased_at is not None:
        raise TakenBack("This advice request was withdrawn.")


def day_of(moment: datetime, request: AdviceRequest) -> date:
    """Return on which day that was where the asker lives."""
    return moment.astimezone(ZoneInfo(BY_CODE.get(request.country, DEFAULT).zone)).date()


def tidied(written: str) -> str:
    """Return the words as they are kept. Raises NotFinished for none, and for too many."""
    text = tidy_text(written)
    if not text.strip():
        raise NotFinished("words-missing")
    if len(text) > LONGEST:
        raise NotFinished("words-too-long")
    return text


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return a template with what is known filled in; what is not known stays open, for a person to fill."""
    return OPEN.sub(lambda found: values.get(found[1]) or found[0], template)


def check_filled(text: str) -> None:
    """Raise NotFinished where something that a template leaves open was not filled in."""
    if any(name in PLACEHOLDERS for name in OPEN.findall(text)):
        raise NotFinished("words-open")


def unknown_placeholders(text: str) -> list[str]:
    return [name for name in OPEN.findall(text) if name not in PLACEHOLDERS]


def fingerprint(text: str) -> bytes:
    """Return a keyed hash, so that a reader of the table cannot try words against it."""
    return hmac.digest(derive_index("conversation"), text.encode(), hashlib.sha256)
