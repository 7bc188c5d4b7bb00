"""What must be known of a language before we write to a family in it: one file for each language.

A text that is not checked for discretion, or a STOP that is not heard, does harm. So if one of our languages
has no file, every process that writes to families ends as soon as it starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.resources import files
from typing import Any

from shared import toml
from shared.languages import FOR_FAMILIES

MEANINGS = ("stop", "start", "yes", "no")


@dataclass(frozen=True)
class Forbidden:
    """Words that no SMS and no subject of an e-mail may contain."""

    begins: tuple[str, ...]
    contains: tuple[str, ...]
    words: frozenset[str]

    def holds(self, word: str) -> bool:
        """Whether this word, in lower case, gives something away."""
        return (
            word in self.words or word.startswith(self.begins) or any(part in word for part in self.contains)
        )


@dataclass(frozen=True)
class Stopping:
    """What stands around a STOP, in capitals without accents; each language's file says what each is for."""

    cancel: frozenset[str]
    polite: frozenset[str]
    signs: frozenset[str]
    turned: frozenset[str]
    told: frozenset[str]
    mentioned: frozenset[str]
    alone: frozenset[str]


@dataclass(frozen=True)
class Answers:
    """What a yes or no may be said with, in capitals without accents; each file says what each is for.

    `numbers` are in order, from one, each with its other forms.
    """

    comes: frozenset[str]
    comes_not: frozenset[str]
    courtesy: frozenset[str]
    with_: frozenset[str]
    and_: frozenset[str]
    people: frozenset[str]
    adults: frozenset[str]
    children: frozenset[str]
    sorry: frozenset[str]
    unsure: frozenset[str]
    numbers: tuple[str, ...]


@dataclass(frozen=True)
class Mail:
    """What tells an answer by mail from what stands around it; each language's file says what each is for."""

    labels: frozenset[str]
    original: frozenset[str]
    opens: frozenset[str]
    wrote: frozenset[str]
    automatic: frozenset[str]


@dataclass(frozen=True)
class Safety:
    """One language. `replies` has the words of each meaning (see MEANINGS), in capitals without accents."""

    replies: Mapping[str, tuple[str, ...]]
    stopping: Stopping
    answers: Answers
    mail: Mail
    forbidden: Forbidden


def every_language() -> Mapping[str, Safety]:
    """Return all our languages. Raises FileNotFoundError or KeyError if one of them is incomplete."""
    return {language: safety(language) for language in FOR_FAMILIES}


@lru_cache(maxsize=64)
def safety(language: str) -> Safety:
    """Return one language. Raises FileNotFoundError or KeyError if it is incomplete."""
    table = toml.read(files(__package__) / f"{language}.toml")
    return Safety(
        {meaning: tuple(table["replies"][meaning]) for meaning in MEANINGS},
        Stopping(**{name.name: frozenset(table["stopping"][name.name]) for name in fields(Stopping)}),
        _answers(table["answers"]),
        Mail(**{name.name: frozenset(table["mail"][name.name]) for name in fields(Mail)}),
        _forbidden(table["forbidden"]),
    )


def _answers(table: Mapping[str, Any]) -> Answers:
    words = {one.name: frozenset(table[one.name]) for one in fields(Answers) if one.name != "numbers"}
    return Answers(**words, numbers=tuple(table["numbers"]))


def _forbidden(table: Mapping[str, Any]) -> Forbidden:
    return Forbidden(tuple(table["begins"]), tuple(table["contains"]), frozenset(table["words"]))
