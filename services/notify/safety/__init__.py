"""What must be known of a language before a family is written to in it: one file for each.

A text that nothing checks for discretion, or a STOP that is not heard, does harm. So a language of ours
without its file ends every process that writes to families, as soon as it starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from shared import toml
from shared.languages import FOR_FAMILIES

MEANINGS = ("stop", "start", "yes", "no")


@dataclass(frozen=True)
class Forbidden:
    """What no SMS and no subject of an e-mail may say."""

    begins: tuple[str, ...]
    contains: tuple[str, ...]
    words: frozenset[str]

    def holds(self, word: str) -> bool:
        """Whether this word, in small letters, gives something away."""
        return (
            word in self.words or word.startswith(self.begins) or any(part in word for part in self.contains)
        )


@dataclass(frozen=True)
class Safety:
    """`replies` are the words of each meaning (`stop`, `start`, `yes`, `no`), in capitals without accents."""

    replies: Mapping[str, tuple[str, ...]]
    forbidden: Forbidden


def every_language() -> Mapping[str, Safety]:
    """By language. Raises FileNotFoundError or KeyError where one of ours is not whole."""
    return {language: safety(language) for language in FOR_FAMILIES}


@lru_cache(maxsize=64)
def safety(language: str) -> Safety:
    """Raises FileNotFoundError or KeyError where this language is not whole."""
    table = toml.read(files(__package__) / f"{language}.toml")
    return Safety(
        {meaning: tuple(table["replies"][meaning]) for meaning in MEANINGS}, _forbidden(table["forbidden"])
    )


def _forbidden(table: Mapping[str, Any]) -> Forbidden:
    return Forbidden(tuple(table["begins"]), tuple(table["contains"]), frozenset(table["words"]))
