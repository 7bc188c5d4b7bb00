"""What is wrong with something that was sent, in words: one catalogue by code, in every language of the site.

Its sentences stand under `error` in the texts of the shared folders and of every room. Programs are answered
in English, with the name of the member; pages speak the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.web import pages

# Codes of pydantic that mean the same mistake to the reader.
SAME = {
    "string-type": "not-text",
    "string-unicode": "not-text",
    "int-type": "whole-number",
    "int-parsing": "whole-number",
    "bool-type": "true-or-false",
    "bool-parsing": "true-or-false",
    "model-type": "object",
    "model-attributes-type": "object",
    "dict-type": "object",
    "date-type": "date",
    "date-parsing": "date",
    "date-from-datetime-parsing": "date",
    "date-form": "date",
    "time-parsing": "time",
    "time-form": "time",
    "uuid-parsing": "id",
}


def has(code: str) -> bool:
    return pages.texts().has(_key(code))


def sentence(
    code: str, language: str = "en", *, field: str = "", values: Mapping[str, object] = MappingProxyType({})
) -> str:
    """Return what is wrong and what to do about it. Raises KeyError for a code that no catalogue has.

    `field` names what it is about where no page shows that; `values` are what the sentence counts with.
    """
    texts = pages.texts()
    return texts.text(language, _key(code), field=field or texts.text(language, "error.this"), **values)


def _key(code: str) -> str:
    return f"error.{SAME.get(code, code)}"
