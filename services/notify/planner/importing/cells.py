"""How people here write a date, a time, a number of places and a kind of visit. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time
from functools import lru_cache

from babel.dates import get_day_names, get_month_names

from services.notify.visits.tables import VisitKind
from shared.languages import FOR_PAGES

# Under which heading each field stands; compared without capitals, accents and signs.
HEADINGS = {
    "date": "date datum dag jour day bezoekdatum bezoekdag datedevisite visitdate dagvanbezoek",
    "start": (
        "start starttime starttijd begin begintijd beginuur aanvang aanvangsuur startuur van vanaf uur tijd"
        " tijdstip from time debut heurededebut heure heures horaire de"
    ),
    "end": "end endtime einde eind eindtijd einduur tot until to fin heuredefin jusque jusqua a",
    "capacity": (
        "capacity places capaciteit plaatsen aantalplaatsen aantal maximum max capacite"
        " nombredeplaces placesdisponibles"
    ),
    "kind": "kind soort type soortbezoek typedevisite genre bezoek visitkind",
    "facility": "facility gevangenis instelling inrichting pi prison etablissement",
    "uid": "uid kenmerk reference referentie",
}
KINDS = {
    VisitKind.CHILD_VISIT: "childvisit kindbezoek kinderbezoek kindermoment visiteenfants visiteenfant",
    VisitKind.FAMILY_VISIT: "familyvisit gezinsbezoek familiebezoek familievisite visitefamille",
    VisitKind.TRAINING: "training opleiding vorming formation",
    VisitKind.INFORMATION: "information informatie info infomoment seancedinformation",
}
DAY_FIRST = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4}|[0-9]{2})")
YEAR_FIRST = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
IN_WORDS = re.compile(r"([0-9]{1,2})(?:er|ste|de|st|nd|rd|th)?\.? ([^\W\d_]+)\.?,? ([0-9]{4})")
MIDNIGHT = re.compile(r"[T ]00:00(:00)?\Z")
TIME = re.compile(
    r"([0-9]{1,2})(?:(?: ?[:.uh] ?)([0-9]{2})?(?::[0-9]{2})?)? ?(?:(am|pm|a\.m\.|p\.m\.)|uur|heures?)?",
    re.IGNORECASE,
)
BETWEEN = re.compile(r"\s*(?:-|\u2013|\u2014|\btot\b|\bto\b|\bà\b)\s*", re.IGNORECASE)
NOON = 12
THIS_CENTURY = 2000


def plain(text: str) -> str:
    """Return letters and digits alone, small and without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if sign.isalnum())


@lru_cache(maxsize=1)
def _fields() -> dict[str, str]:
    return {name: field for field, names in HEADINGS.items() for name in names.split()}


def field_of(heading: str) -> str | None:
    """Return the field that a column holds, or None for one that nobody asked for."""
    return _fields().get(plain(heading))


def day_of(text: str) -> date:
    """Read a date, the day before the month: 12-12-2026, 12/12/26, za 12 december 2026, 2026-12-12.

    Raises ValueError.
    """
    value = MIDNIGHT.sub("", _without_weekday(text.strip()))
    if match := YEAR_FIRST.fullmatch(value):
        return date(*map(int, match.groups()))
    if match := DAY_FIRST.fullmatch(value):
        day, month, year = map(int, match.groups())
        return date(year if year > 99 else THIS_CENTURY + year, month, day)
    if match := IN_WORDS.fullmatch(value):
        month_named = _months().get(plain(match[2]))
        if month_named is not None:
            return date(int(match[3]), month_named, int(match[1]))
    raise ValueError("no date")


def times_of(text: str) -> tuple[time, time | None]:
    """Read a time, or two with a dash between: 14:00, 14u30, 2 pm, 14.00 - 15.30. Raises ValueError."""
    parts = BETWEEN.split(text.strip())
    if not 1 <= len(parts) <= 2:
        raise ValueError("no time")
    return _time(parts[0]), _time(parts[1]) if len(parts) == 2 else None


def kind_of(text: str) -> VisitKind:
    """Raises ValueError."""
    wanted = plain(text)
    for kind, names in KINDS.items():
        if wanted in names.split():
            return kind
    raise ValueError("no kind")


def _time(text: str) -> time:
    match = TIME.fullmatch(text)
    if match is None:
        raise ValueError("no time")
    hour, half = int(match[1]), (match[3] or "").lower().replace(".", "")
    if match[2] is None and half == "" and match[0].strip().isdigit():
        raise ValueError("a number alone is no time")
    if half:
        if not 1 <= hour <= NOON:
            raise ValueError("no time")
        hour = hour % NOON + (NOON if half == "pm" else 0)
    return time(hour, int(match[2] or 0))


def _without_weekday(text: str) -> str:
    first, _, rest = text.partition(" ")
    return rest.strip() if plain(first) in _weekdays() and rest else text


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    return {
        plain(name): number
        for language in FOR_PAGES
        for width in ("wide", "abbreviated")
        for number, name in get_month_names(width, locale=language).items()
    }


@lru_cache(maxsize=1)
def _weekdays() -> frozenset[str]:
    return frozenset(
        plain(name)
        for language in FOR_PAGES
        for width in ("wide", "abbreviated")
        for name in get_day_names(width, locale=language).values()
    )
