"""What people are told of the hours of the telephone, in words: on public pages and on the line itself."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.lists import format_list
from fastapi import Request
from sqlalchemy.exc import SQLAlchemyError

from services.intake.hours.queries import now_open, why_closed
from services.intake.hours.rules import Hours, Part
from shared.countries import COUNTRIES, zone
from shared.languages import LANGUAGES, weekday
from shared.runtime import Runtime
from shared.web import pages

log = logging.getLogger(__name__)
# So long a page may tell what was true before: a change by a colleague is told elsewhere within it.
FRESH = timedelta(seconds=5)
NOT_KNOWN = Hours(False, None, None)


@dataclass(frozen=True)
class Told:
    """The hours of a country at a moment, and by language why it was closed by hand, if it was."""

    country: str
    hours: Hours
    why: Mapping[str, str]


class HoursTold:
    """Knows the hours for a few seconds, so that no page of many asks the database for them.

    A desk opens and closes on the second all the same.
    """

    def __init__(self, runtime: Runtime[Any]) -> None:
        self._runtime = runtime
        self._known: tuple[Told, ...] = ()
        self._at: datetime | None = None

    def lines(self, request: Request, language: str) -> list[str]:
        """Return a sentence on the hours, or one for each country where they differ.

        None of them where nobody can tell: a page is not lost for that.
        """
        at = self._runtime.clock.now()
        told = self._told(at)
        if len({one.hours for one in told}) == 1 and all(one.why == told[0].why for one in told):
            return [in_words(told[0], language, at)]
        return [f"{_text(language, f'country.{one.country}')}: {in_words(one, language, at)}" for one in told]

    def of(self, country: str, at: datetime) -> Told:
        """Return what callers of one country are told."""
        told = self._told(at)
        return next((one for one in told if one.country == country), Told(country, NOT_KNOWN, {}))

    def forget(self) -> None:
        """Ask anew the next time: something was changed here."""
        self._at = None

    def _told(self, at: datetime) -> tuple[Told, ...]:
        if self._at is None or not self._at <= at < self._at + FRESH or _is_over(self._known, at):
            self._known, self._at = self._ask(at), at
        return self._known

    def _ask(self, at: datetime) -> tuple[Told, ...]:
        by_shifts = self._runtime.settings.hours_by_shifts
        try:
            with self._runtime.sessions() as session:
                return tuple(
                    Told(
                        country,
                        now_open(session, country, at, by_shifts=by_shifts),
                        why_closed(session, country, at),
                    )
                    for country in COUNTRIES
                )
        except SQLAlchemyError as problem:
            log.warning("the hours of the desk cannot be told: %s", type(problem).__name__)
            return ()


def _is_over(known: Sequence[Told], at: datetime) -> bool:
    return any(change is not None and change <= at for change in (_change(one.hours) for one in known))


def _change(hours: Hours) -> datetime | None:
    return hours.closes_at if hours.open else hours.opens_at


def in_words(told: Told, language: str, at: datetime) -> str:
    """Return what a caller is told, on their own wall clock."""
    why = "" if told.hours.open else told.why.get(language, "")
    return " ".join(filter(None, (_sentence(told, language, at), why)))


def week_in_words(parts: Iterable[Part], language: str) -> str:
    """Return the parts of a week in words, on the wall clock there: "Monday to Friday 09:00–17:00"."""
    times: dict[int, list[str]] = {}
    for day, opens, closes in sorted(parts):
        times.setdefault(day, []).append(f"{opens:%H:%M}–{closes:%H:%M}")
    locale = LANGUAGES[language].locale
    return "; ".join(
        f"{_days(days[0], days[-1], language)} {format_list(times[days[0]], locale=locale)}"
        for days in _alike(times)
    )


def _alike(times: Mapping[int, Sequence[str]]) -> list[list[int]]:
    """Return the days that follow each other and have the same times, together."""
    found: list[list[int]] = []
    for day in sorted(times):
        if found and day == found[-1][-1] + 1 and times[day] == times[found[-1][0]]:
            found[-1].append(day)
        else:
            found.append([day])
    return found


def _days(first: int, last: int, language: str) -> str:
    if first == last:
        return weekday(first, language)
    return _text(language, "hours.days", first=weekday(first, language), last=weekday(last, language))


def _sentence(told: Told, language: str, at: datetime) -> str:
    change, state = _change(told.hours), "open" if told.hours.open else "closed"
    if change is None:
        return _text(language, f"hours.now-{state}")
    there = ZoneInfo(zone(told.country))
    if change.astimezone(there).date() == at.astimezone(there).date():
        return _text(language, f"hours.now-{state}-today", time=f"{change.astimezone(there):%H:%M}")
    moment = pages.local_time(change, language, there.key)
    return _text(language, f"hours.now-{state}-until", moment=moment)


def _text(language: str, key: str, **values: object) -> str:
    return pages.texts().text(language, key, **values)
