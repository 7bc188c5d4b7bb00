"""A page of guidance as it is written: a head in TOML between `+++`, and a body in Markdown.

Whoever writes one is told every mistake at once, each with its place and what to do about it.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from shared.countries import COUNTRIES
from shared.vocabulary import Audience, Stage, is_need

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_SLUG = 80
FENCE = "+++"
PARTS = ("today", "say", "more")
MOST_WORDS_IN_SHORT = 60
HEADING = re.compile(r"^# +(.*?)\s*#*\s*$")


@dataclass(frozen=True)
class Mistake:
    """One thing to correct in a file: where in it (a line, or a member of the head), what, and what to do."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


class Broken(Exception):
    """A page that cannot be shown, with all that is wrong with it."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("; ".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True)
class Source:
    """Where something on the page comes from, and when somebody looked there. `url` may be empty."""

    title: str
    url: str
    on: date


@dataclass(frozen=True)
class Article:
    """One page in one language. No `stages` means every stage. `formerly`: names that it had before.

    `parts` holds Markdown by the name of the part, `begins` says on which line of the file each part begins.
    `digest` is another one after every change.
    """

    slug: str
    language: str
    title: str
    in_short: str
    audience: tuple[Audience, ...]
    stages: tuple[Stage, ...]
    needs: tuple[str, ...]
    countries: tuple[str, ...]
    owner: str
    second_reader: str
    checked_on: date
    review_by: date
    related: tuple[str, ...]
    words: tuple[str, ...]
    asked: tuple[str, ...]
    sources: tuple[Source, ...]
    parts: Mapping[str, str] = field(hash=False)
    begins: Mapping[str, int] = field(hash=False)
    digest: str = ""
    formerly: tuple[str, ...] = ()

    @property
    def is_for_children(self) -> bool:
        """Whether a child alone is meant, and is spoken to."""
        return self.audience == (Audience.CHILD,)

    @property
    def all_stages(self) -> tuple[Stage, ...]:
        return self.stages or tuple(Stage)

    @cached_property
    def body(self) -> str:
        return "\n\n".join(self.parts.values())


def read(text: str, slug: str, language: str) -> Article:
    """Return the page that a file holds. Raises Broken with every mistake that keeps it from being one."""
    head, body, line = _halves(text)
    found = _Head(head)
    members = found.members()
    parts, begins, wrong = _parts(body, line)
    if mistakes := [*_of_slug(slug), *found.mistakes, *wrong]:
        raise Broken(mistakes)
    digest = hashlib.sha256(f"{language}/{slug}\n{text}".encode()).hexdigest()
    return Article(slug=slug, language=language, parts=parts, begins=begins, digest=digest, **members)


def is_slug(name: str) -> bool:
    return len(name) <= LONGEST_SLUG and SLUG.fullmatch(name) is not None


def _of_slug(slug: str) -> list[Mistake]:
    if is_slug(slug):
        return []
    return [Mistake("name of the file", "use small letters, digits and single hyphens, such as my-page.md")]


def _halves(text: str) -> tuple[dict[str, Any], str, int]:
    """Return the head, the body and the line on which the body begins."""
    lines = text.removeprefix("\ufeff").splitlines()
    if not lines or lines[0].strip() != FENCE:
        raise Broken([Mistake("line 1", f"begin the file with a line {FENCE}")])
    ends = next((at for at, line in enumerate(lines[1:], 1) if line.strip() == FENCE), None)
    if ends is None:
        raise Broken([Mistake("head", f"close the head with a line {FENCE}")])
    return toml("\n".join(lines[1:ends]), above=1), "\n".join(lines[ends + 1 :]), ends + 2


def toml(text: str, *, above: int = 0) -> dict[str, Any]:
    """Return what TOML says, with so many lines of the file `above` it. Raises Broken."""
    try:
        # A line that ends has a number, by which a mistake in it is named.
        return tomllib.loads(f"{text}\n")
    except tomllib.TOMLDecodeError as problem:
        raise Broken([_of_toml(problem, above)]) from None


def _of_toml(problem: tomllib.TOMLDecodeError, above: int) -> Mistake:
    said = str(problem)
    found = re.search(r" \(at line (\d+), column \d+\)", said)
    where = f"line {int(found[1]) + above}" if found else "head"
    return Mistake(where, f"this is not TOML ({said.partition(' (at ')[0].rstrip('.')}); correct it")


def _parts(body: str, begins_at: int) -> tuple[dict[str, str], dict[str, int], list[Mistake]]:
    parts: dict[str, list[str]] = {}
    begins: dict[str, int] = {}
    mistakes: list[Mistake] = []
    name = ""
    for number, line in enumerate(body.splitlines(), begins_at):
        if heading := HEADING.match(line):
            name = heading[1]
            if name not in PARTS:
                mistakes.append(
                    Mistake(f"line {number}", f"`# {name[:40]}` is no part of a page: use {_listed(PARTS)}")
                )
            elif name in parts:
                mistakes.append(
                    Mistake(f"line {number}", f"the part `# {name}` is there already: join the two")
                )
            parts.setdefault(name, [])
            begins.setdefault(name, number)
        elif name:
            parts[name].append(line)
        elif line.strip():
            mistakes.append(Mistake(f"line {number}", f"put this under one of {_listed(PARTS)}"))
            name = PARTS[-1]
            parts.setdefault(name, [])
    if "today" not in parts:
        mistakes.append(Mistake("body", "`# today` is missing: say what somebody can do today"))
    return {one: "\n".join(lines).strip() for one, lines in parts.items()}, begins, mistakes


def _listed(names: Collection[object]) -> str:
    return ", ".join(f"`{name}`" for name in map(str, names))


class _Head:
    """Reads the members of a head, and gathers what is wrong with them."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given, self.mistakes = given, list[Mistake]()

    def members(self) -> dict[str, Any]:
        read = {
            "title": self._text("title"),
            "in_short": self._text("in_short"),
            "audience": self._codes("audience", list(Audience), some=True),
            "stages": self._codes("stages", list(Stage)),
            "needs": self._needs(),
            "countries": self._codes("countries", [*COUNTRIES], some=True),
            "owner": self._text("owner"),
            "second_reader": self._text("second_reader"),
            "checked_on": self._day("checked_on"),
            "review_by": self._day("review_by"),
            "related": self._slugs("related"),
            "formerly": self._slugs("formerly") if "formerly" in self._given else (),
            "words": self._texts("words"),
            "asked": self._texts("asked", some=True),
            "sources": self._sources(),
        }
        self._nothing_else(read)
        self._together(read)
        return read

    def _wrong(self, member: str, what: str) -> None:
        self.mistakes.append(Mistake(f"`{member}`", what))

    def _value(self, member: str, example: str) -> Any:
        if member not in self._given:
            self._wrong(member, f"is missing: add a line such as {member} = {example}")
        return self._given.get(member)

    def _text(self, member: str) -> str:
        value = self._value(member, '"..."')
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip() or "\n" in value.strip():
            self._wrong(member, "has to be some words on one line, between quotation marks")
            return ""
        return value.strip()

    def _day(self, member: str) -> date:
        value = self._value(member, "2026-11-28")
        if isinstance(value, date) and not hasattr(value, "hour"):
            return value
        if value is not None:
            self._wrong(member, "has to be a day without quotation marks, such as 2026-11-28")
        return date.min

    def _texts(self, member: str, *, some: bool = False) -> tuple[str, ...]:
        value = self._value(member, '["..."]')
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
            self._wrong(member, 'has to be a list of words such as ["...", "..."]')
            return ()
        if some and not value:
            self._wrong(member, "has to name at least one")
        return tuple(one.strip() for one in value)

    def _codes(self, member: str, known: Sequence[Any], *, some: bool = False) -> tuple[Any, ...]:
        given = self._texts(member, some=some)
        for code in given:
            if code not in known:
                self._wrong(member, f"`{code[:40]}` is not known: use {_listed(known)}")
        return tuple(one for one in known if one in given)

    def _needs(self) -> tuple[str, ...]:
        given = self._texts("needs", some=True)
        for code in given:
            if not is_need(code):
                self._wrong(
                    "needs", f"`{code[:40]}` is no need: use a code of shared/vocabulary/data/needs.csv"
                )
        return given

    def _slugs(self, member: str) -> tuple[str, ...]:
        given = self._texts(member)
        for one in given:
            if not is_slug(one):
                self._wrong(
                    member, f"`{one[:40]}` is no name of a page: write it as in its file, without .md"
                )
        return given

    def _sources(self) -> tuple[Source, ...]:
        value = self._value("sources", "...: a table [[sources]] with title, url and on")
        tables = value if isinstance(value, list) and all(isinstance(one, dict) for one in value) else []
        if value is not None and not tables:
            self._wrong("sources", "has to be one table [[sources]] or more, with title, url and on")
        return tuple(filter(None, (self._source(number, one) for number, one in enumerate(tables, 1))))

    def _source(self, number: int, given: Mapping[str, Any]) -> Source | None:
        title, url, on = given.get("title"), given.get("url", ""), given.get("on")
        where = f"sources, number {number}"
        before = len(self.mistakes)
        if not isinstance(title, str) or not title.strip():
            self._wrong(where, "has no title")
        if not isinstance(url, str) or (url and not is_web_address(url)):
            self._wrong(where, "url has to begin with https://; leave it out where there is none")
        if not isinstance(on, date):
            self._wrong(where, "says not when somebody looked there: add on = 2026-11-28")
        if unknown := given.keys() - {"title", "url", "on"}:
            self._wrong(where, f"{_listed(sorted(unknown))} is not known")
        return Source(str(title), str(url), on) if len(self.mistakes) == before and on else None

    def _nothing_else(self, known: Mapping[str, Any]) -> None:
        for member in self._given.keys() - known.keys():
            self._wrong(member[:40], "is no member of a head: take it out, or correct its name")

    def _together(self, read: Mapping[str, Any]) -> None:
        if len(read["in_short"].split()) > MOST_WORDS_IN_SHORT:
            self._wrong("in_short", f"has more than {MOST_WORDS_IN_SHORT} words: make it shorter")
        if date.min < read["review_by"] <= read["checked_on"]:
            self._wrong("review_by", "has to be after checked_on")


def is_web_address(url: str) -> bool:
    """Whether this leads to another site, and by a safe way."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and not parts.username
    except ValueError:
        return False
