"""The codes that all services share: audiences, needs, stages, ages, urgencies, channels and weekdays."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from shared.languages import ELSEWHERE, names_of


class Audience(StrEnum):
    """The kind of asker."""

    CHILD = "child"
    PARENT_IN_DETENTION = "parent-in-detention"
    CARER = "carer"
    SCHOOL = "school"
    PROFESSIONAL = "professional"
    PRISON_STAFF = "prison-staff"


class HelpFor(StrEnum):
    """The person to be helped."""

    CHILD = "child"
    CARER = "carer"
    PARENT_IN_DETENTION = "parent-in-detention"
    PROFESSIONAL = "professional"


class Stage(StrEnum):
    ARREST = "arrest"
    REMAND = "remand"
    SENTENCE = "sentence"
    RELEASE = "release"
    AFTERCARE = "aftercare"


class AgeBand(StrEnum):
    """A child's age in whole years."""

    UP_TO_3 = "0-3"
    FROM_4 = "4-7"
    FROM_8 = "8-11"
    FROM_12 = "12-15"
    FROM_16 = "16-17"
    FROM_18 = "18+"

    @property
    def years(self) -> tuple[int, int]:
        """Return the youngest and the oldest age, both included."""
        if self is AgeBand.FROM_18:
            return 18, 25
        low, high = self.value.split("-")
        return int(low), int(high)


class Urgency(StrEnum):
    URGENT = "urgent"
    NORMAL = "normal"
    LOW = "low"


class Remote(StrEnum):
    """Whether the asker accepts help at a distance."""

    YES = "yes"
    PREFERRED = "preferred"
    NO = "no"


class Share(StrEnum):
    """The asker's consent to tell a partner."""

    YES = "yes"
    ASK_FIRST = "ask-first"
    NO = "no"


class ContactChannel(StrEnum):
    """How an asker wants to hear from us; `none`: they come back by themselves.

    `letter`: by a letter that gives nothing away, `worker`: through a professional who is named.
    """

    SMS = "sms"
    EMAIL = "email"
    PHONE = "phone"
    LETTER = "letter"
    WORKER = "worker"
    NONE = "none"


class Weekday(StrEnum):
    """In the order of the week; `number` counts from Monday, which is 0, as a date does."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @property
    def number(self) -> int:
        return list(Weekday).index(self)


# An advice request about this need, or about one below it, concerns a person's safety.
SAFETY = "veiligheid"


@dataclass(frozen=True)
class Need:
    code: str
    parent: str | None
    names: Mapping[str, str]
    description_en: str


@lru_cache(maxsize=1)
def needs() -> dict[str, Need]:
    """Return every need by its code, in the order in which people see them."""
    return {
        row["code"]: Need(
            row["code"],
            row["parent"] or None,
            names_of(row),
            row["description_en"],
        )
        for row in _rows("needs.csv")
    }


def is_need(code: str) -> bool:
    return code in needs()


def need_parent(code: str) -> str | None:
    """Return the wider need, or None if there is none. Raises KeyError for an unknown code."""
    return needs()[code].parent


def need_name(code: str, language: str) -> str:
    """Return the name to show to people, in English if there is none, or the code if it no longer exists."""
    need = needs().get(code)
    return need.names.get(language) or need.names[ELSEWHERE] if need else code


def need_description(code: str) -> str:
    """Return what falls under the need, in English, or the code itself if it no longer exists."""
    need = needs().get(code)
    return need.description_en if need else code


def _rows(name: str) -> list[dict[str, str]]:
    text = (files(__package__) / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
