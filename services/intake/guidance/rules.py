"""The telephone numbers for urgent help, from `numbers.toml`."""

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
    """One number to call; `about` ends the key of its text, `help.about-...`."""

    name: str
    phone: str
    about: str
    website: str = ""
    audience: tuple[str, ...] = ()


def names_danger(needs: Collection[str], danger: bool) -> bool:
    """Return whether a person's safety is at stake: then help comes first, and nothing is referred yet."""
    return danger or any(code == SAFETY or need_parent(code) == SAFETY for code in needs)


def urgent_help(country: str, audience: Audience | None = None) -> list[HelpLine]:
    """Return the urgent numbers of a country for this audience; without one, those that are for everybody."""
    return [one for one in _lines()["urgent"][country] if not one.audience or audience in one.audience]


def all_urgent_help(country: str) -> list[HelpLine]:
    """Return the urgent numbers of a country for all audiences."""
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
