"""Whom to call, from `numbers.toml`; and how long a page of guidance may be shown after it was checked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Any

from shared import toml
from shared.vocabulary import SAFETY, Audience, Weekday, need_parent

ALWAYS = "always"
GONE_AFTER = timedelta(days=90)
PROFESSIONALS = frozenset({Audience.SCHOOL, Audience.PROFESSIONAL, Audience.PRISON_STAFF})
DANGER_LINE = "danger"


class Standing(StrEnum):
    """How true a page still is: checked, being checked anew, or so long not checked that it is not shown."""

    CHECKED = "checked"
    IN_REVIEW = "in-review"
    GONE = "gone"


def standing(review_by: date, today: date) -> Standing:
    """Return how a page stands that has to be checked anew by a day."""
    if today < review_by:
        return Standing.CHECKED
    return Standing.IN_REVIEW if today < review_by + GONE_AFTER else Standing.GONE


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


def whom_to_call(
    country: str, audience: Collection[Audience], language: str, *, danger: bool
) -> list[HelpLine]:
    """Return the lines for who reads a page: where danger is its subject the urgent ones, else to talk.

    Who works with children is told where to turn about a child's safety.
    """
    urgent = [line for one in audience for line in urgent_help(country, one, language)]
    works = [line for one in audience if one in PROFESSIONALS for line in urgent_help(country, one, language)]
    lines = urgent if danger else [*_to_talk(country, audience, language), *works]
    return list(dict.fromkeys(line for line in lines if line.about != DANGER_LINE))


def _to_talk(country: str, audience: Collection[Audience], language: str) -> Iterable[HelpLine]:
    for line in somebody_to_talk_to(country, language):
        is_for_children = line.about.startswith("children")
        if Audience.CHILD in audience if is_for_children else {*audience} - PROFESSIONALS - {Audience.CHILD}:
            yield line


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
