"""Decisions about what a child asks. No I/O."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.intake.children.tables import Box
from services.intake.conversations.rules import NotFinished, tidied
from services.intake.guidance.reading import measure
from services.intake.hours.rules import Plan, open_from
from shared import working_time
from shared.countries import COUNTRIES, zone

# Who is older is shown the way for grown-ups.
YOUNGEST, OLDEST = 3, 25
# The days on which somebody is here to answer, after the day of asking.
WORKING_DAYS = 2
VISIT = timedelta(hours=1)
# So long a question waits for its five words to be typed.
UNKEPT = timedelta(days=1)
# Tries of an hour that begin with the same two words. Where very many are tried, fewer of each: a child that
# types its own words for the first time is let in however many others try.
TRIES, TRIES_OF_MANY = 10, 3
MANY_TRIES = 1_000
# Questions of an hour, of all children together: above that they are one line at the desk.
MANY_QUESTIONS = 60
# Messages an hour in one box.
MESSAGES = 30
# How an answer to a child reads: words in a sentence, and Flesch-Douma, from so many words on.
WORDS_IN_A_SENTENCE, EASE, ENOUGH_WORDS = 10, 80, 12
# Names that a child should read as they are, however many syllables they have.
OUR_NAMES = re.compile(
    r"\b(?:de )?kindertelefoon\b|\bawel\b|\bécoute-enfants\b|\bveilig thuis\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Asked:
    """What a child sends: words, how old, where."""

    text: str
    age: int
    country: str
    language: str
    danger: bool


def mistakes(text: str, age: str, country: str) -> dict[str, str]:
    """Return what is to be corrected, by field: a code for each."""
    found: dict[str, str] = {}
    try:
        tidied(text)
    except NotFinished as wrong:
        found["text"] = wrong.code
    years = age_of(age)
    if years is None:
        found["age"] = "age-missing"
    elif years > OLDEST:
        found["age"] = "age-grown-up"
    if country not in COUNTRIES:
        found["country"] = "country-missing"
    return found


def age_of(typed: str) -> int | None:
    """Return an age, however it is typed ("10 jaar"); None for none that can be."""
    digits = "".join(one for one in typed if one.isdecimal())[:3]
    return int(digits) if digits and YOUNGEST <= int(digits) <= 120 else None


def promise(plan: Plan, at: datetime) -> datetime:
    """Return by when a person has answered: when we close on the second day after this that we are open."""
    place, today = ZoneInfo(zone(plan.country)), at.astimezone(ZoneInfo(zone(plan.country))).date()
    closing: dict[object, datetime] = {}
    for span in open_from(plan, at):
        day = span.begins.astimezone(place).date()
        if day > today and day not in closing and len(closing) == WORKING_DAYS:
            break
        if day > today:
            closing[day] = span.ends
    if len(closing) == WORKING_DAYS:
        return max(closing.values())
    # Not open within a year, by a week that nobody filled in: working days all the same.
    return working_time.after(at, working_time.DAY * (WORKING_DAYS + 1), plan.country)


def is_visited(box: Box, at: datetime) -> bool:
    return box.visit_ends_at is not None and at < box.visit_ends_at


def tries_left(of_these: int, of_all: int) -> bool:
    """Whether these words may be tried once more; both numbers count this try."""
    return of_these <= (TRIES if of_all <= MANY_TRIES else TRIES_OF_MANY)


def waits_for_us(sides_from_child: Sequence[bool]) -> bool:
    """Whether the last word is the child's."""
    return bool(sides_from_child) and sides_from_child[-1]


def check_reads_easily(text: str, language: str) -> None:
    """Raise NotFinished where a child would not read an answer with ease.

    Sentences are short in every language; in Dutch the words are short too. What stands in a few words is
    measured by its sentences alone: one name of a helpline would decide on the rest.
    """
    found = measure(OUR_NAMES.sub("", text), language)
    if found.per_sentence > WORDS_IN_A_SENTENCE:
        raise NotFinished("sentences-long")
    if found.ease is not None and found.words >= ENOUGH_WORDS and found.ease < EASE:
        raise NotFinished("words-hard")
