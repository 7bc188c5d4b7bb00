"""What is wrong with a question, in the words of whoever asks."""

from __future__ import annotations

from collections.abc import Sequence

from services.intake.requests.rules import Finding
from shared.contact import problems as contact
from shared.errors import FieldError
from shared.web import pages


def sentence(code: str, language: str) -> str:
    """The sentence for a finding's code, with what to do about it."""
    if pages.texts().has(f"request-error.{code}"):
        return pages.texts().text(language, f"request-error.{code}")
    return contact.sentence(code, language)


def field_errors(found: Sequence[Finding], language: str = "en") -> list[FieldError]:
    return [
        FieldError("/" + "/".join(one.path), ".".join(one.path), one.code, sentence(one.code, language))
        for one in found
    ]
