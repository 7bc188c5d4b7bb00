"""One thing that happened with a person, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.intake.desk.showing import called, state_in_words
from shared.desk import words
from shared.events.finding import Happening
from shared.web import pages

# As what each is said to stand: what is not here stands as itself.
STANDS_AS = {
    "registered": "registration",
    "answered": "registration",
    "called": "call",
    "called-out": "call",
    "over": "request",
    "referral-ended": "referral",
}
PLAIN = ("reference", "to", "place")


@dataclass(frozen=True)
class Line:
    """`parts` say more of it, in words; `words` are a person's own, None where they are not shown."""

    at: datetime
    service: str
    what: str
    parts: tuple[str, ...]
    has_words: bool
    words: str | None


def line(service: str, one: Happening, language: str, names: Mapping[UUID, str]) -> Line:
    state = state_in_words(language, STANDS_AS.get(one.what, one.what), one.state) if one.state else ""
    said = [_said(label, code, language, names) for label, code in one.details.items() if code]
    return Line(
        at=one.at,
        service=service,
        what=_text(language, f"story.{one.what}", one.what),
        parts=tuple(filter(None, (state, *said))),
        has_words=one.has_words,
        words=one.words,
    )


def _said(label: str, code: str, language: str, names: Mapping[UUID, str]) -> str:
    """Return a detail in words; one that no page knows is left out."""
    if label in PLAIN:
        return code
    if label == "by":
        return called(code, names)
    if label == "visit":
        return pages.local_time(datetime.fromisoformat(code), language)
    if label == "outcomes":
        return ", ".join(_text(language, f"call.outcome-{one}", one) for one in code.split())
    if label == "visitState":
        return _text(language, f"story.visit-{code}", "")
    if label == "reason":
        return words.reason(language, code)
    if label in ("audience", "channel", "purpose"):
        return words.value(language, label, code)
    return ""


def _text(language: str, key: str, otherwise: str) -> str:
    return pages.texts().text(language, key) if pages.texts().has(key) else otherwise
