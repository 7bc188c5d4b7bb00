"""Whom to call at once. The numbers are in `numbers.toml`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from shared import toml
from shared.vocabulary import SAFETY, Audience, need_parent


@dataclass(frozen=True)
class HelpLine:
    """`about` is the end of a key of the texts, `help.about-...`."""

    name: str
    phone: str
    about: str
    website: str = ""
    audience: tuple[str, ...] = ()


def names_danger(needs: Collection[str], danger: bool) -> bool:
    """Whether a question is about somebody's safety: then help comes first, and nothing is referred yet."""
    return danger or any(code == SAFETY or need_parent(code) == SAFETY for code in needs)


def urgent_help(country: str, audience: Audience | None = None) -> list[HelpLine]:
    """Whom to call now, in this country, for this asker; without an audience, what is there for everybody."""
    return [one for one in _lines()["urgent"][country] if not one.audience or audience in one.audience]


def all_urgent_help(country: str) -> list[HelpLine]:
    """Whom to call now in this country, whoever asks."""
    return _lines()["urgent"][country]


def somebody_to_talk_to(country: str) -> list[HelpLine]:
    return _lines()["talk"][country]


@lru_cache(maxsize=1)
def _lines() -> dict[str, dict[str, list[HelpLine]]]:
    tables = toml.read(files(__package__) / "numbers.toml")
    return {
        kind: {country: [_line(one) for one in lines] for country, lines in countries.items()}
        for kind, countries in tables.items()
    }


def _line(given: Mapping[str, Any]) -> HelpLine:
    return HelpLine(**{**given, "audience": tuple(given.get("audience", ()))})
