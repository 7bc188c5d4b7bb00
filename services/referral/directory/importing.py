"""Reading a directory from a CSV file. Pure: text in, rows and named mistakes out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from shared.contact.addresses import normalise_email
from shared.contact.problems import ContactProblem
from shared.geography import find
from shared.vocabulary import HelpFor, Stage, is_language, is_need

T = TypeVar("T")

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
)
COUNTRIES = ("NL", "BE", "EU")
REGIONS = ("vlaanderen", "wallonie", "brussel")
SERVES = (*(one.value for one in HelpFor), "family")
KEY = re.compile(r"[a-z0-9][a-z0-9-]{1,79}")
DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+(/[\w./-]*)?", re.IGNORECASE)
NAME_LENGTH, TEXT_LENGTH = 200, 2000


@dataclass(frozen=True)
class Entry:
    """One good row: an organisation with its service."""

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


@dataclass(frozen=True)
class Mistake:
    """A row that was not taken: where, why, and what to do. `line` counts as an editor does."""

    line: int
    column: str
    problem: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.column}: {self.problem}"


class _Wrong(ValueError):
    def __init__(self, column: str, problem: str) -> None:
        super().__init__(problem)
        self.column, self.problem = column, problem


def read(content: bytes) -> tuple[list[Entry], list[Mistake]]:
    """Every good row, and every mistake. Takes UTF-8 and Windows-1252, with `,` or `;` between the fields."""
    lines = io.StringIO(_decode(content), newline="")
    reader = csv.DictReader(lines, delimiter=_delimiter(lines.getvalue()))
    header = [name.strip() for name in reader.fieldnames or []]
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        return [], [Mistake(1, ", ".join(missing), "is not there; the first line names the columns")]
    unknown = [name for name in header if name not in (*REQUIRED, *OPTIONAL)]
    mistakes = [Mistake(1, name, "is not a column that is known; correct its name") for name in unknown]
    entries: dict[str, Entry] = {}
    reader.fieldnames = header
    for row in reader:
        _take(reader.line_num, row, entries, mistakes)
    return list(entries.values()), mistakes


def _take(
    line: int, row: Mapping[str | None, Any], entries: dict[str, Entry], mistakes: list[Mistake]
) -> None:
    if None in row:
        mistakes.append(
            Mistake(line, "(end)", "has more fields than columns; put text with commas in quotes")
        )
        return
    cells = {str(name): (value or "").strip() for name, value in row.items()}
    if not any(cells.values()):
        return
    try:
        entry = _entry(cells)
        if entry.key in entries:
            raise _Wrong("id", f"{entry.key} is there twice; give each its own")
        entries[entry.key] = entry
    except _Wrong as wrong:
        mistakes.append(Mistake(line, wrong.column, wrong.problem))


def _entry(cells: Mapping[str, str]) -> Entry:
    get = _Cells(cells)
    country = get.one_of("country", COUNTRIES)
    takes = get.yes("takes_referrals", unless=True)
    low, high = get.number("min_age", 0, 120), get.number("max_age", 0, 120)
    if low is not None and high is not None and low > high:
        raise _Wrong("min_age", f"{low} is more than max_age {high}")
    return Entry(
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
    )


class _Cells:
    """The cells of one row, each read as what it should be; raises `_Wrong` naming the column."""

    def __init__(self, cells: Mapping[str, str]) -> None:
        self._cells = cells

    def raw(self, column: str) -> str:
        return self._cells.get(column, "")

    def text(self, column: str, longest: int, *, required: bool = False) -> str:
        value = re.sub(r"\s+", " ", self.raw(column))
        if required and not value:
            raise _Wrong(column, "is empty")
        if len(value) > longest or "\x00" in value:
            raise _Wrong(column, f"is longer than {longest} characters, or not text")
        return value

    def matching(self, column: str, form: re.Pattern[str], advice: str) -> str:
        value = self.raw(column)
        if not form.fullmatch(value):
            raise _Wrong(column, f"{value!r} cannot be used; {advice}")
        return value

    def one_of(self, column: str, allowed: Sequence[str]) -> str:
        value = self.raw(column).upper()
        if value not in allowed:
            raise _Wrong(column, f"{value!r} is not one of {', '.join(allowed)}")
        return value

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

    def yes(self, column: str, *, unless: bool = False) -> bool:
        value = self.raw(column).lower()
        if value not in ("", "yes", "no", "true", "false", "ja", "nee", "1", "0"):
            raise _Wrong(column, f"{value!r} is neither yes nor no")
        return unless if not value else value in ("yes", "true", "ja", "1")

    def number(self, column: str, least: int, most: int) -> int | None:
        value = self.raw(column)
        if not value:
            return None
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            raise _Wrong(column, f"{value!r} is not a whole number from {least} to {most}")
        return int(value)

    def day(self, column: str) -> date | None:
        value = self.raw(column)
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            raise _Wrong(column, f"{value!r} is not a date such as 2026-11-23") from None

    def email(self, column: str) -> str | None:
        value = self.raw(column)
        try:
            return normalise_email(value) if value else None
        except ContactProblem:
            raise _Wrong(column, "is not one e-mail address") from None

    def domain(self, column: str) -> str | None:
        value = self.raw(column).removeprefix("https://").removeprefix("http://").rstrip("/")
        if value and not DOMAIN.fullmatch(value):
            raise _Wrong(column, f"{value!r} is not a domain such as exodus.nl")
        return value or None

    def postcode(self, column: str, country: str) -> str | None:
        value = self.raw(column)
        if not value:
            return None
        place = find(country, value)
        if place is None:
            raise _Wrong(column, f"{value!r} does not exist in {country}")
        return place.postcode


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _delimiter(text: str) -> str:
    """Excel in this part of the world writes `;`: what the header has more of."""
    header = text.split("\n", 1)[0]
    return ";" if header.count(";") > header.count(",") else ","
