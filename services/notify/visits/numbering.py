"""Asking back which of several families of one telephone is meant: each gets a number.

Whoever holds the telephone reads it, and one family need not know of the other: it says a day and a time, and
a first name only where those are the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from babel.dates import format_date

from services.notify.visits.tables import Registration, VisitDay
from services.notify.wording.catalogue import names
from services.notify.wording.letters import EVERY, letters_of
from services.notify.wording.linter import is_forbidden
from shared.geography import facility, home_language
from shared.languages import text_language

Pairs = Sequence[tuple[Registration, VisitDay]]


def language_of(registration: Registration, visit: VisitDay) -> str:
    """Return the language to write to a family in: its own, or that of the place which it visits."""
    place = facility(visit.facility)
    return text_language(registration.language, home_language(place.country, place.postcode) if place else "")


def numbered(pairs: Pairs) -> str | None:
    """Return them as "1 = Thu 17 Dec 14:00, 2 = ...", in the language of the first.

    Returns None where that does not tell them apart, says too much, or does not fit in one text.
    """
    labels = _labels(pairs)
    text = ", ".join(f"{number} = {label}" for number, label in enumerate(labels, start=1))
    apart = len({label.casefold() for label in labels}) == len(pairs) and all(labels)
    return text if apart and _fits(text, language_of(*pairs[0])) else None


def _fits(text: str, language: str) -> bool:
    letters = letters_of(language)
    longest = names(every_letter=letters is EVERY)["choices"].worst
    return letters.length(text) <= letters.length(letters.written(longest))


def _labels(pairs: Pairs) -> list[str]:
    language = language_of(*pairs[0])
    moments = [_moment(visit, language) for _, visit in pairs]
    if len(set(moments)) == 1:
        return [_first_name(registration, language) for registration, _ in pairs]
    return [
        moment if moments.count(moment) == 1 else _both(moment, _first_name(registration, language))
        for moment, (registration, _) in zip(moments, pairs, strict=True)
    ]


def _moment(visit: VisitDay, language: str) -> str:
    day = format_date(visit.visit_date, "EEE d MMM", locale=language)
    return letters_of(language).written(f"{day} {visit.start_time:%H:%M}")


def _both(moment: str, name: str) -> str:
    return f"{moment} {name}" if name else ""


def _first_name(registration: Registration, language: str) -> str:
    """Return the first name as a text in this language can say it, or nothing where it cannot or must not."""
    first, *_ = registration.name.split()
    plain = letters_of(language).written(first)
    readable = plain.replace("?", "") == plain and any(sign.isalpha() for sign in plain)
    return plain if readable and not is_forbidden(plain.lower()) else ""
