"""Reading a directory from a CSV file. Pure: text in, rows and named mistakes out."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import wraps
from itertools import zip_longest
from typing import Concatenate, ParamSpec, TypeVar, cast

from shared.contact.addresses import normalise_email
from shared.contact.problems import ContactProblem
from shared.contact.text import TURNS
from shared.countries import ANYWHERE, COUNTRIES
from shared.geography import find
from shared.languages import is_language
from shared.spreadsheet import Sheet, is_garbled
from shared.vocabulary import HelpFor, Stage, is_need

T = TypeVar("T")
P = ParamSpec("P")

REQUIRED = ("id", "name", "country", "need_categories", "languages")
OPTIONAL = (
    "regions",
    "kind",
    "what_it_does_nl",
    "serves",
    "stages",
    "min_age",
    "max_age",
    "interpreter",
    "remote",
    "takes_referrals",
    "website_domain",
    "source",
    "email",
    "agreement_signed",
    "verified_on",
    "capacity",
    "waiting_days",
    "postcode",
    "cross_border",
    "active",
    "phone",
)
# Members of an entry whose names differ from their columns.
CALLED = {
    "id": "key",
    "need_categories": "needs",
    "what_it_does_nl": "description",
    "website_domain": "website",
}
WORKS_IN = (*COUNTRIES, ANYWHERE)
REGIONS = ("vlaanderen", "wallonie", "brussel")
SERVES = (*(one.value for one in HelpFor), "family")
KEY = re.compile(r"[a-z0-9][a-z0-9-]{1,79}")
DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/[\w./-]*)?", re.IGNORECASE)
DIGITS = re.compile(r"[0-9]{1,9}")
PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{1,29}")
DAY_FIRST = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
# As people write them, and as a spreadsheet does in their language.
YES = ("yes", "true", "ja", "waar", "oui", "vrai", "1")
NO = ("no", "false", "nee", "onwaar", "non", "faux", "0")
NAME_LENGTH, TEXT_LENGTH = 200, 2000


@dataclass(frozen=True)
class Entry:
    """One good row: an organisation with its service. `told` names what the file has a column for."""

    told: frozenset[str]
    key: str
    name: str
    country: str
    kind: str
    description: str
    website: str | None
    regions: list[str]
    serves: list[str]
    needs: list[str]
    stages: list[str]
    languages: list[str]
    min_age: int | None
    max_age: int | None
    interpreter: bool
    remote: bool
    cross_border: bool
    takes_referrals: bool
    active: bool
    email: str | None
    agreement_signed: date | None
    verified_on: date | None
    capacity: int | None
    waiting_days: int | None
    postcode: str | None
    phone: str | None


@dataclass(frozen=True)
class Mistake:
    """A row that was not taken: where, why, and what to do. `line` counts as an editor does."""

    line: int
    column: str
    problem: str

    def at(self, line: int) -> Mistake:
        return replace(self, line=line)

    def __str__(self) -> str:
        return f"line {self.line}, {self.column}: {self.problem}"


TOO_LONG = Mistake(
    0,
    "(field)",
    "cannot be read: a field is too long, perhaps because a quote was not closed. The rest was not read",
)


UNKNOWN_COLUMN = "is not a column that is known; correct its name"
GARBLED = "has signs that cannot be read for certain; save the file as CSV UTF-8 and look at this name"


class _Wrong(ValueError):
    def __init__(self, column: str, problem: str) -> None:
        super().__init__(problem)
        self.column, self.problem = column, problem


def read(content: bytes, *, today: date) -> tuple[list[Entry], list[Mistake]]:
    """Return every good row and every mistake. Reads UTF-8 and Windows-1252, with `,` or `;` between fields.

    A file with lines in each, as when two were put together, is read line by line.

    Nothing can have been signed or verified after `today`.
    """
    sheet = Sheet(content)
    try:
        header = sheet.header()
    except csv.Error:
        return [], [TOO_LONG.at(1)]
    spoilt = list(_spoilt(header, sheet.line))
    if spoilt:
        return [], spoilt
    unknown = [name for name in header if name not in (*REQUIRED, *OPTIONAL)]
    mistakes = [Mistake(sheet.line, name, UNKNOWN_COLUMN) for name in unknown]
    entries: dict[str, Entry] = {}
    try:
        for cells in sheet.rows():
            _take(sheet.line, header, cells, today, entries, mistakes)
    except csv.Error:
        mistakes.append(TOO_LONG.at(sheet.line))
    return list(entries.values()), mistakes


def _spoilt(header: Sequence[str], line: int) -> Iterator[Mistake]:
    """Return what keeps all rows from being read."""
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        yield Mistake(max(line, 1), ", ".join(missing), "is not there; the first line names the columns")
    for name in dict.fromkeys(header):
        if header.count(name) > 1:
            yield Mistake(line, name, "is there twice; keep the column that counts")


def _take(
    line: int,
    header: Sequence[str],
    cells: Sequence[str],
    today: date,
    entries: dict[str, Entry],
    mistakes: list[Mistake],
) -> None:
    if len(cells) > len(header):
        mistakes.append(
            Mistake(line, "(end)", "has more fields than columns; put text with commas in quotes")
        )
        return
    get = _Cells(dict(zip_longest(header, cells, fillvalue="")), today)
    if get.nothing:
        return
    entry = _entry(get)
    if entry.key in entries:
        get.wrong.append(_Wrong("id", f"{entry.key} is there twice; give each its own"))
    mistakes += [Mistake(line, one.column, one.problem) for one in get.wrong]
    if not get.wrong:
        entries[entry.key] = entry


def _entry(get: _Cells) -> Entry:
    """Return the entry, or None if anything was wrong with it."""
    country = get.one_of("country", WORKS_IN)
    takes = get.yes("takes_referrals", unless=True)
    low, high = get.number("min_age", 0, 120), get.number("max_age", 0, 120)
    if low is not None and high is not None and low > high:
        get.wrong.append(_Wrong("min_age", f"{low} is more than max_age {high}"))
    return Entry(
        told=get.told,
        key=get.matching("id", KEY, "use small letters, digits and hyphens, such as exodus-nl"),
        name=get.text("name", NAME_LENGTH, required=True),
        country=country,
        kind=get.text("kind", NAME_LENGTH),
        description=get.text("what_it_does_nl", TEXT_LENGTH),
        website=get.domain("website_domain"),
        regions=get.listed("regions", lambda one: one in REGIONS, f"use {', '.join(REGIONS)}"),
        serves=get.listed("serves", lambda one: one in SERVES, f"use {', '.join(SERVES)}"),
        needs=get.listed("need_categories", is_need, "is not a need category", required=True),
        stages=get.listed("stages", lambda one: one in set(Stage), f"use {', '.join(Stage)}"),
        languages=get.listed("languages", is_language, "is not a language code", required=True),
        min_age=low,
        max_age=high,
        interpreter=get.yes("interpreter"),
        remote=get.yes("remote"),
        cross_border=get.yes("cross_border"),
        takes_referrals=takes,
        active=get.yes("active", unless=True),
        email=get.email("email"),
        agreement_signed=get.day("agreement_signed"),
        verified_on=get.day("verified_on"),
        capacity=get.number("capacity", 0, 10_000),
        waiting_days=get.number("waiting_days", 0, 1000),
        postcode=get.postcode("postcode", country),
        phone=get.phone("phone"),
    )


def _noted(read: Callable[Concatenate[_Cells, str, P], T]) -> Callable[Concatenate[_Cells, str, P], T]:
    """Keep what is wrong with one cell with its row, so that the other cells are checked as well."""

    @wraps(read)
    def tried(cells: _Cells, column: str, /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return read(cells, column, *args, **kwargs)
        except _Wrong as wrong:
            cells.wrong.append(wrong)
            return cast(T, None)  # a row with something wrong in it is not taken

    return tried


class _Cells:
    """The cells of one row, each read as what it should be; `wrong` fills with what is not."""

    def __init__(self, cells: Mapping[str, str], today: date) -> None:
        self._cells, self._today = cells, today
        self.told = frozenset(CALLED.get(column, column) for column in cells)
        self.nothing = not any(cells.values())
        self.wrong = [_Wrong(column, GARBLED) for column, text in cells.items() if is_garbled(text)]

    def raw(self, column: str) -> str:
        return self._cells.get(column, "")

    @_noted
    def text(self, column: str, longest: int, *, required: bool = False) -> str:
        value = re.sub(r"\s+", " ", self.raw(column).translate(TURNS))
        if required and not value:
            raise _Wrong(column, "is empty")
        if len(value) > longest or any(unicodedata.category(sign) == "Cc" for sign in value):
            raise _Wrong(column, f"is longer than {longest} characters, or not text")
        return value

    @_noted
    def matching(self, column: str, form: re.Pattern[str], advice: str) -> str:
        value = self.raw(column)
        if not form.fullmatch(value):
            raise _Wrong(column, f"{value!r} cannot be used; {advice}")
        return value

    @_noted
    def one_of(self, column: str, allowed: Sequence[str]) -> str:
        value = self.raw(column).upper()
        if value not in allowed:
            raise _Wrong(column, f"{value!r} is not one of {', '.join(allowed)}")
        return value

    @_noted
    def listed(
        self, column: str, known: Callable[[str], bool], advice: str, *, required: bool = False
    ) -> list[str]:
        values = [one.strip() for one in self.raw(column).split(";") if one.strip()]
        for one in values:
            if not known(one):
                raise _Wrong(column, f"{one!r}: {advice}")
        if required and not values:
            raise _Wrong(column, "is empty; separate several with ;")
        return list(dict.fromkeys(values))

    @_noted
    def yes(self, column: str, *, unless: bool = False) -> bool:
        value = self.raw(column).lower()
        if value not in ("", *YES, *NO):
            raise _Wrong(column, f"{value!r} is neither yes nor no")
        return unless if not value else value in YES

    @_noted
    def number(self, column: str, least: int, most: int) -> int | None:
        value = self.raw(column)
        if not value:
            return None
        # Only as many digits as anybody means are made a number: Python refuses thousands with an error.
        if not DIGITS.fullmatch(value) or not least <= int(value) <= most:
            raise _Wrong(column, f"{value!r} is not a whole number from {least} to {most}")
        return int(value)

    @_noted
    def day(self, column: str) -> date | None:
        value = self.raw(column)
        try:
            day = _day(value) if value else None
        except ValueError:
            raise _Wrong(column, f"{value!r} is not a date such as 2026-11-23") from None
        if day and day > self._today:
            raise _Wrong(column, f"{value} has not been yet; {self._today} is the latest it can be")
        return day

    @_noted
    def email(self, column: str) -> str | None:
        value = self.raw(column)
        try:
            return normalise_email(value) if value else None
        except ContactProblem:
            raise _Wrong(column, "is not one e-mail address") from None

    @_noted
    def phone(self, column: str) -> str | None:
        """Return it as it is written: short numbers such as 116 are good too."""
        value = re.sub(r"\s+", " ", self.raw(column))
        if value and not PHONE.fullmatch(value):
            raise _Wrong(column, f"{value!r} is not a telephone number such as 0800-1234")
        return value or None

    @_noted
    def domain(self, column: str) -> str | None:
        value = self.raw(column).removeprefix("https://").removeprefix("http://").rstrip("/")
        if value and not DOMAIN.fullmatch(value):
            raise _Wrong(column, f"{value!r} is not a domain such as exodus.nl")
        return value or None

    @_noted
    def postcode(self, column: str, country: str) -> str | None:
        value = self.raw(column)
        if not value or country not in WORKS_IN:
            return None
        place = find(country, value)
        if place is None:
            raise _Wrong(column, f"{value!r} does not exist in {country}")
        return place.postcode


def _day(value: str) -> date:
    """Return a day written as 2026-11-23, or as spreadsheets here do: 23-11-2026. Raises ValueError."""
    if parts := DAY_FIRST.fullmatch(value):
        day, month, year = map(int, parts.groups())
        return date(year, month, day)
    return date.fromisoformat(value)
