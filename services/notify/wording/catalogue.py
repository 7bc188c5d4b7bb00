"""The catalogues of words, as they are on disk."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from string import Formatter

from shared import po, toml
from shared.languages import FOR_PAGES

SMS, EMAIL = "sms", "email"
FOLDER = files("services.notify.wording")
# What partners, their professionals and people who work here read is in the languages of the pages alone.
OTHERS, FAMILIES = FOLDER / "words", FOLDER / "words" / "families"


@dataclass(frozen=True)
class Entry:
    """The words of one purpose on one channel. `papers` also asks for papers.

    `short` leaves out the address of a page, and so does `short_papers`, which asks for papers.
    """

    subject: str | None
    text: str
    papers: str | None = None
    short: str | None = None
    short_papers: str | None = None

    @property
    def variants(self) -> list[str]:
        return [one for one in (self.papers, self.short_papers, self.text, self.short) if one is not None]


@dataclass(frozen=True)
class Name:
    """A placeholder of the texts: its longest expected value, and whether a longer one may be cut."""

    worst: str
    shortens: bool


def names(*, every_letter: bool = False) -> dict[str, Name]:
    """Return the placeholders; with `every_letter` as long as in languages that keep theirs."""
    return _names(every_letter)


@lru_cache(maxsize=8)
def entries(language: str) -> dict[tuple[str, str], Entry]:
    """Return the words of every purpose that this language has: to families, or to everybody."""
    parts: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for key, text in _texts(language).items():
        purpose, channel, part = key.split(".")
        parts[purpose, channel]["text" if part == "body" else part] = text
    return {of: Entry(subject=None, **said) if of[1] == SMS else Entry(**said) for of, said in parts.items()}


def _texts(language: str) -> dict[str, str]:
    others = po.read(OTHERS / f"{language}.po").single() if language in FOR_PAGES else {}
    return po.read(FAMILIES / f"{language}.po").single() | others


@lru_cache(maxsize=2)
def _names(every_letter: bool) -> dict[str, Name]:
    longest = "every-letter" if every_letter else "value"
    return {
        name: Name(table.get(longest, table["value"]), table.get("shortens", False))
        for name, table in toml.read(FOLDER / "worst_case.toml").items()
    }


def placeholders(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)
