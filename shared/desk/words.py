"""Codes of the work list in words, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from shared.languages import is_language, language_in
from shared.web import pages

Forms = Mapping[str, str]
NONE: Forms = {}
# The fact that is a moment.
MOMENT = "due"


def reason(language: str, code: str, forms: Forms = NONE) -> str:
    """Return why an item waits. A code that no catalogue has is shown in a sentence that says so.

    `forms` are patterns of reasons with another system's code in them, each with the text for that code.
    """
    for form, text in forms.items():
        if match := re.fullmatch(form, code):
            return _text(language, f"desk-reason.{text}", code=match["code"])
    key = f"desk-reason.{code}"
    return _text(language, key) if _has(key) else _text(language, "desk-reason.other", code=code)


def decision(language: str, kind: str, action: str) -> str:
    """Return what an action means for an item of this kind, or its code if no catalogue has it."""
    for key in (f"desk-action.{kind}.{action}", f"desk-action.{action}"):
        if _has(key):
            return _text(language, key)
    return action


def value(language: str, label: str, code: str, forms: Forms = NONE) -> str:
    """Return a fact's value in words if it is a known code, else as it is."""
    return reason(language, code, forms) if label == "reason" else _value(language, label, code)


@lru_cache(maxsize=4096)
def _value(language: str, label: str, code: str) -> str:
    if label == "language" and is_language(code):
        return language_in(code, language)
    if label == MOMENT:
        return pages.local_time(datetime.fromisoformat(code), language)
    key = f"desk-value.{label}.{code}"
    return _text(language, key) if _has(key) else code


def _has(key: str) -> bool:
    return pages.texts().has(key)


def _text(language: str, key: str, **values: str) -> str:
    return pages.texts().text(language, key, **values)
