"""Words that all services share: who asks, for whom, about what, when, and in which language."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from babel import Locale


class Audience(StrEnum):
    """Who asks."""

    CHILD = "child"
    PARENT_IN_DETENTION = "parent-in-detention"
    CARER = "carer"
    SCHOOL = "school"
    PROFESSIONAL = "professional"
    PRISON_STAFF = "prison-staff"


class HelpFor(StrEnum):
    """Who is to be helped."""

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
        """The youngest and the oldest age, both included."""
        if self is AgeBand.FROM_18:
            return 18, 25
        low, high = self.value.split("-")
        return int(low), int(high)


class Urgency(StrEnum):
    URGENT = "urgent"
    NORMAL = "normal"
    LOW = "low"


class Remote(StrEnum):
    """Whether help at a distance will do."""

    YES = "yes"
    PREFERRED = "preferred"
    NO = "no"


class Share(StrEnum):
    """Whether the asker agrees that a partner is told."""

    YES = "yes"
    ASK_FIRST = "ask-first"
    NO = "no"


class ContactChannel(StrEnum):
    """How someone who asks wants to hear from us; `none`: they come back by themselves."""

    SMS = "sms"
    EMAIL = "email"
    PHONE = "phone"
    NONE = "none"


COUNTRIES = ("NL", "BE")
# Where the Unicode locale data know a language by another code than ISO 639-3.
CLDR = {"prs": "fa_AF"}
TEXT_LANGUAGES = ("nl", "fr", "en")
# A question about this, or about what is under it, is about somebody's safety.
SAFETY = "veiligheid"


@dataclass(frozen=True)
class Need:
    code: str
    parent: str | None
    name_nl: str
    name_fr: str
    name_en: str
    description_en: str


@dataclass(frozen=True)
class Language:
    """`name` is what its speakers call it; `direction` is `ltr` or `rtl`."""

    code: str
    name: str
    direction: str


@lru_cache(maxsize=1)
def needs() -> dict[str, Need]:
    """Every need by its code, in the order in which people are shown them."""
    return {
        row["code"]: Need(
            row["code"],
            row["parent"] or None,
            row["name_nl"],
            row["name_fr"],
            row["name_en"],
            row["description_en"],
        )
        for row in _rows("needs.csv")
    }


@lru_cache(maxsize=1)
def languages() -> dict[str, Language]:
    return {
        row["code"]: Language(row["code"], row["autonym"], row["direction"]) for row in _rows("languages.csv")
    }


def is_need(code: str) -> bool:
    return code in needs()


def need_parent(code: str) -> str | None:
    """The wider term, where there is one. Raises KeyError for a code that does not exist."""
    return needs()[code].parent


def need_name(code: str, language: str) -> str:
    """The name for people. A code that went away stands for itself."""
    need = needs().get(code)
    if need is None:
        return code
    return {"nl": need.name_nl, "fr": need.name_fr}.get(language, need.name_en)


def need_description(code: str) -> str:
    """What belongs to it, in English. A code that went away stands for itself."""
    need = needs().get(code)
    return need.description_en if need else code


def is_language(code: str) -> bool:
    return code in languages()


def language_name(code: str) -> str:
    """What its speakers call it."""
    found = languages().get(code)
    return found.name if found else code


def language_in(code: str, reader: str) -> str:
    """What a reader of one of our languages calls it; its own name where the reader's has none."""
    found: str | None = Locale(reader).languages.get(CLDR.get(code, code))
    return found or language_name(code)


def text_language(code: str) -> str:
    """The language of our own texts for somebody who speaks this one: theirs, or else English."""
    return code if code in TEXT_LANGUAGES else "en"


def _rows(name: str) -> list[dict[str, str]]:
    text = (files(__package__) / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
