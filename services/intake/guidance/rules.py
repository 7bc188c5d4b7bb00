"""The telephone numbers for urgent help, from `numbers.toml`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from shared import toml
from shared.vocabulary import SAFETY, Audience, Weekday, need_parent

ALWAYS = "always"


@dataclass(frozen=True)
class Hours:
    """When a line answers its telephone, on the days from `first` to `last`, on the wall clock there."""

    first: Weekday
    last: Weekday
    from_: str
    to: str

    @property
    def every_day(self) -> bool:
        return self.last.number - self.first.number == len(Weekday) - 1


@dataclass(frozen=True)
class HelpLine:
    """One number to call; `about` ends the key of its text, `help.about-...`.

    `language` is empty where it speaks that of everybody. `always`: it answers day and night. `source` says
    where all this comes from; `hours_from` is the year of hours that nobody has checked since.
    """

    name: str
    phone: str
    about: str
    source: str
    website: str = ""
    chat: str = ""
    language: str = ""
    audience: tuple[str, ...] = ()
    hours: tuple[Hours, ...] = ()
    always: bool = False
    hours_from: int | None = None


def names_danger(needs: Collection[str], danger: bool) -> bool:
    """Return whether a person's safety is at stake: then help comes first, and nothing is referred yet."""
    return danger or any(code == SAFETY or need_parent(code) == SAFETY for code in needs)


def urgent_help(country: str, audience: Audience | None = None, language: str = "") -> list[HelpLine]:
    """Return the urgent numbers of a country for this audience; without one, those that are for everybody.

    Where some speak the asker's language, those that speak another are left out.
    """
    lines = [one for one in _lines()["urgent"][country] if not one.audience or audience in one.audience]
    spoken = {one.language for one in lines}
    return [one for one in lines if language not in spoken or one.language in ("", language)]


def all_urgent_help(country: str, language: str = "") -> list[HelpLine]:
    """Return the urgent numbers of a country for all audiences, those in the reader's language first."""
    return _own_first(_lines()["urgent"][country], language)


def somebody_to_talk_to(country: str, language: str = "") -> list[HelpLine]:
    return _own_first(_lines()["talk"][country], language)


def _own_first(lines: list[HelpLine], language: str) -> list[HelpLine]:
    return sorted(lines, key=lambda one: one.language not in ("", language))


@lru_cache(maxsize=1)
def _lines() -> dict[str, dict[str, list[HelpLine]]]:
    tables = toml.read(files(__package__) / "numbers.toml")
    return {
        kind: {country: [_line(one) for one in lines] for country, lines in countries.items()}
        for kind, countries in tables.items()
    }


def _line(given: Mapping[str, Any]) -> HelpLine:
    hours = given.get("hours", ())
    known = {
        "audience": tuple(given.get("audience", ())),
        "hours": tuple(_hours(one) for one in hours if one != ALWAYS),
        "always": ALWAYS in hours,
    }
    return HelpLine(**{**given, **known})


def _hours(written: str) -> Hours:
    days, times = written.split(" ")
    return Hours(*map(Weekday, days.split("-")), *times.split("-"))
