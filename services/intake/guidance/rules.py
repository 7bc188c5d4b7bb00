"""Whom to call at once. The numbers are in `numbers.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from shared.vocabulary import SAFETY, Audience, need_parent


@dataclass(frozen=True)
class HelpLine:
    """`about` is a key of the texts: `danger`, `home` or `professional`."""

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
    return [one for one in _numbers()[country] if not one.audience or audience in one.audience]


@lru_cache(maxsize=1)
def _numbers() -> dict[str, list[HelpLine]]:
    tables = tomllib.loads((files(__package__) / "numbers.toml").read_text(encoding="utf-8"))
    return {
        country: [
            HelpLine(
                one["name"],
                one["phone"],
                one["about"],
                one.get("website", ""),
                tuple(one.get("audience", ())),
            )
            for one in lines
        ]
        for country, lines in tables.items()
    }
