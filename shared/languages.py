"""Languages: one row for each that people may speak to us in, and which of them we write ourselves.

A language that we begin to write in needs its row here, its catalogues, and its words of safety
(`services/notify/safety`); tests name what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from babel import Locale

Direction = Literal["ltr", "rtl"]


@dataclass(frozen=True)
class Language:
    """`name` is what its speakers call it; `cldr` where the Unicode locale data have another code for it.

    `families`: messages to families are written in it, and the pages where they follow a question.
    `pages`: every page is there in it too, those of partners and of the desk as well. `moment` is a Babel
    pattern for a day and the time on it, and `voice` what it is read aloud in (BCP 47): any page needs both.
    `signs_apart`: a sign such as `?` stands apart from its word, and no line may begin with it.
    `every_letter`: an SMS in it keeps the letters that the plain alphabet lacks, and may take two segments.
    `stemmer` is Snowball's name of it, `syllables` the dictionary by which Pyphen parts its words, where we
    have a scale of how easy it reads. `regions` are the parts of a country where it is spoken, if not in all.
    """

    code: str
    name: str
    direction: Direction = "ltr"
    cldr: str = ""
    families: bool = False
    pages: bool = False
    moment: str = ""
    voice: str = ""
    signs_apart: bool = False
    every_letter: bool = False
    stemmer: str = ""
    syllables: str = ""
    regions: frozenset[str] = frozenset()

    @cached_property
    def locale(self) -> Locale:
        return Locale.parse(self.cldr or self.code)


# In the order in which people are shown them.
ROWS = (
    Language(
        "nl",
        "Nederlands",
        families=True,
        pages=True,
        moment="EEEE d MMMM y 'om' HH:mm",
        voice="nl-NL",
        stemmer="dutch",
        syllables="nl_NL",
        regions=frozenset({"vlaanderen", "brussel"}),
    ),
    Language(
        "fr",
        "français",
        families=True,
        pages=True,
        moment="EEEE d MMMM y 'à' HH:mm",
        voice="fr-FR",
        signs_apart=True,
        stemmer="french",
        regions=frozenset({"wallonie", "brussel"}),
    ),
    Language(
        "de", "Deutsch", families=True, moment="EEEE, d. MMMM y 'um' HH:mm", voice="de-DE", stemmer="german"
    ),
    Language(
        "en",
        "English",
        families=True,
        pages=True,
        moment="EEEE d MMMM y 'at' HH:mm",
        voice="en-GB",
        stemmer="english",
    ),
    Language(
        "ar",
        "العربية",
        "rtl",
        families=True,
        moment="EEEE d MMMM y 'الساعة' HH:mm",
        voice="ar-XA",
        every_letter=True,
        stemmer="arabic",
    ),
    Language(
        "tr",
        "Türkçe",
        families=True,
        moment="d MMMM y EEEE HH:mm",
        voice="tr-TR",
        every_letter=True,
        stemmer="turkish",
    ),
    Language("pl", "polski", families=True, moment="EEEE, d MMMM y, HH:mm", voice="pl-PL", every_letter=True),
    Language("ro", "română"),
    Language("bg", "български"),
    Language("es", "español"),
    Language("pt", "português"),
    Language("pap", "Papiamentu"),
    Language("srn", "Sranantongo"),
    Language("zgh", "Tamazight (Tarifit)"),
    Language("ti", "ትግርኛ"),
    Language("so", "Soomaali"),
    Language("fa", "فارسی", "rtl"),
    Language("prs", "دری", "rtl", cldr="fa_AF"),
    Language("ps", "پښتو", "rtl"),
    Language("uk", "українська"),
    Language("ru", "русский"),
    Language("sq", "shqip"),
    Language("sr", "srpski/hrvatski/bosanski"),
    Language("rom", "Romani"),
    Language("ku", "Kurmancî"),
    Language("vi", "Tiếng Việt"),
    Language("zh", "中文"),
)
LANGUAGES: Mapping[str, Language] = {row.code: row for row in ROWS}
FOR_FAMILIES = tuple(row.code for row in ROWS if row.families)
FOR_PAGES = tuple(row.code for row in ROWS if row.pages)
# DEFAULT if a browser names none of ours; ELSEWHERE for speakers of others, more of whom read it than Dutch.
DEFAULT, ELSEWHERE = "nl", "en"


def is_language(code: str) -> bool:
    return code in LANGUAGES


def language_name(code: str) -> str:
    """Return what its speakers call the language, or the code itself if it no longer exists."""
    row = LANGUAGES.get(code)
    return row.name if row else code


def language_in(code: str, reader: str) -> str:
    """Return the language's name in the reader's language, or its own name if that has none."""
    row = LANGUAGES.get(code)
    name: str | None = LANGUAGES[reader].locale.languages.get(row.cldr or code if row else code)
    return name or language_name(code)


def text_language(code: str, otherwise: str = ELSEWHERE) -> str:
    """Return the language in which we write to a speaker of this one: the same, or else `otherwise`.

    That is the language of the page that they read, or of the place where they live; English if it is none of
    ours.
    """
    return next((one for one in (code, otherwise) if one in FOR_FAMILIES), ELSEWHERE)


def page_language(code: str) -> str:
    """Return the language of pages for a speaker of this one: the same, or else English."""
    return code if code in FOR_PAGES else ELSEWHERE


def names_of(row: Mapping[str, str]) -> Mapping[str, str]:
    """Return the names by language, from the columns `name_nl`, `name_fr` and so on of a table."""
    return {column.removeprefix("name_"): name for column, name in row.items() if column.startswith("name_")}


def weekday(day: int, language: str) -> str:
    """Return the name of a day of the week; Monday is 0."""
    return str(LANGUAGES[language].locale.days["format"]["wide"][day])
