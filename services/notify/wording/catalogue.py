"""The catalogues of words, as they are on disk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from string import Formatter
from typing import Any

from shared import toml

SMS, EMAIL = "sms", "email"


@dataclass(frozen=True)
class Entry:
    """The words of one purpose on one channel. `papers` also asks for papers; `short` leaves out the URL."""

    subject: str | None
    text: str
    papers: str | None = None
    short: str | None = None

    @property
    def variants(self) -> list[str]:
        return [one for one in (self.papers, self.text, self.short) if one is not None]


@dataclass(frozen=True)
class Name:
    """A placeholder of the texts: its longest expected value, and whether a longer one may be cut."""

    worst: str
    shortens: bool


@lru_cache(maxsize=8)
def entries(language: str) -> dict[tuple[str, str], Entry]:
    tables = _toml("words", f"{language}.toml")
    return {
        (purpose, channel): Entry(
            table.get("subject"),
            (table.get("text") or table["body"]).strip("\n"),
            table.get("papers"),
            table.get("short"),
        )
        for purpose, channels in tables.items()
        for channel, table in channels.items()
    }


@lru_cache(maxsize=1)
def names() -> dict[str, Name]:
    return {
        name: Name(table["value"], table.get("shortens", False))
        for name, table in _toml("worst_case.toml").items()
    }


def placeholders(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def _toml(*path: str) -> dict[str, Any]:
    return toml.read(files("services.notify.wording").joinpath(*path))
