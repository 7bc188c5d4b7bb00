"""What is to be corrected in pages of guidance before people read them, in words for whoever writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.intake.guidance import rendering
from services.intake.guidance.articles import Article, Broken, toml
from services.intake.guidance.library import EXCEPTIONS, HOUSE, Library, Shelf
from services.intake.guidance.reading import measure, plain
from shared.languages import DEFAULT

# What an exception can name, and what nothing excuses.
EASE, SENTENCE, LINK, DRAWING, HTML = "ease", "sentence", "link", "drawing", "html"
HEAD, EXCEPTION = "file", "exception"
# At least on the scale of Flesch-Douma, and at most in a sentence.
EASY, EASY_FOR_CHILDREN = 70.0, 80.0
WORDS, WORDS_FOR_CHILDREN = 12.0, 10.0
EXCUSABLE = frozenset({EASE, SENTENCE, LINK, DRAWING, HTML})


@dataclass(frozen=True)
class Finding:
    """One thing to correct. `check` is its code, by which an exception names it."""

    page: str
    where: str
    check: str
    what: str

    def __str__(self) -> str:
        return f"{self.page}: {self.where}: {self.what} [{self.check}]"


@dataclass(frozen=True)
class Excuse:
    """A check that a page need not pass, and why."""

    page: str
    check: str
    reason: str


def lint(folders: Sequence[Path]) -> list[Finding]:
    """Return all that is to be corrected in these folders, read together: a later one replaces pages."""
    shelf = Library(*folders).look()
    found = [*_of_files(shelf), *(one for page in shelf.pages.values() for one in of_page(page, shelf))]
    excused, wrong = _exceptions(folders)
    left = [one for one in found if (one.page, one.check) not in {(one.page, one.check) for one in excused}]
    for_nothing = [one for one in excused if not any(_excuses(one, finding) for finding in found)]
    return [*left, *wrong, *map(_for_nothing, for_nothing)]


def folders_for(folder: str, content_dir: str) -> list[Path]:
    """Return what is checked: our pages with a folder beside them, by default the one of the settings.

    Raises FileNotFoundError where there is no such folder.
    """
    named = [Path(one) for one in (folder or content_dir,) if one]
    for one in named:
        if not one.is_dir():
            raise FileNotFoundError(2, "there is no such folder", str(one))
    return [HOUSE, *(one for one in named if one.resolve() != HOUSE.resolve())]


def of_page(page: Article, shelf: Shelf) -> Iterator[Finding]:
    """Yield what is to be corrected in a page that can be shown."""
    yield from _reading(page)
    yield from _links(page, shelf)
    yield from _drawings(page, shelf)
    for part, line, found in _in_parts(page, rendering.raw_html):
        what = f"HTML is shown as it is written: take out {found[:40]} ({part})"
        yield _finding(page, f"line {line}", HTML, what)


def _reading(page: Article) -> Iterator[Finding]:
    read = measure(plain(f"{page.in_short}\n{page.body}"), page.language)
    ease = EASY_FOR_CHILDREN if page.is_for_children else EASY
    most = WORDS_FOR_CHILDREN if page.is_for_children else WORDS
    if read.ease is not None and read.ease < ease:
        what = f"reads at {read.ease:.0f} on Flesch-Douma, at least {ease:.0f} is needed: take shorter words"
        yield _finding(page, "text", EASE, what)
    if read.per_sentence > most:
        what = (
            f"has {read.per_sentence:.1f} words in a sentence, at most {most:.0f} are: "
            f"cut up the longest, which begins with “{read.longest[:60]}”"
        )
        yield _finding(page, "text", SENTENCE, what)


def _links(page: Article, shelf: Shelf) -> Iterator[Finding]:
    for part, line, href in _in_parts(page, rendering.links):
        if what := _leads_nowhere(href, page, shelf):
            yield _finding(page, f"line {line}", LINK, f"{what} ({part})")
    for slug in page.related:
        if not _is_there(slug, page, shelf) or slug == page.slug:
            yield _finding(page, "`related`", LINK, f"there is no other page {slug}: correct its name")


def _leads_nowhere(href: str, page: Article, shelf: Shelf) -> str:
    leads = rendering.target(href)
    if not leads:
        return f"a link leads out of the pages ({href[:60]}): use the name of a page, ask, or https://"
    if not leads.startswith(f"{rendering.PAGES}/"):
        return ""
    slug = href.partition("#")[0]
    return "" if _is_there(slug, page, shelf) else f"there is no page {slug}: correct the link"


def _is_there(slug: str, page: Article, shelf: Shelf) -> bool:
    """Whether a reader of this page finds that one: in their language, or in Dutch."""
    name = shelf.now_called(slug)
    return any(shelf.page(name, language) for language in (page.language, DEFAULT))


def _drawings(page: Article, shelf: Shelf) -> Iterator[Finding]:
    for part, line, src in _in_parts(page, rendering.drawings):
        name = rendering.drawing_name(src)
        if not name:
            what = f"a picture is no drawing of ours ({src[:60]}): write drawing:NAME"
            yield _finding(page, f"line {line}", DRAWING, f"{what} ({part})")
        elif name not in shelf.drawings:
            what = f"there is no drawing {name}: add drawings/{name}.svg"
            yield _finding(page, f"line {line}", DRAWING, f"{what} ({part})")


def _in_parts(page: Article, each: Any) -> Iterator[tuple[str, int, str]]:
    """Yield what is found in each part, with the line of the file."""
    for part, text in page.parts.items():
        for line, found in each(text):
            yield part, page.begins[part] + line + 1, found


def _finding(page: Article, where: str, check: str, what: str) -> Finding:
    return Finding(f"{page.language}/{page.slug}", where, check, what)


def _of_files(shelf: Shelf) -> Iterator[Finding]:
    """Yield why files are left out."""
    for trouble in shelf.troubles:
        name = f"{trouble.path.parent.name}/{trouble.path.name}"
        for mistake in trouble.mistakes:
            yield Finding(name, mistake.where, HEAD, mistake.what)


def _exceptions(folders: Sequence[Path]) -> tuple[list[Excuse], list[Finding]]:
    excused: list[Excuse] = []
    wrong: list[Finding] = []
    for path in (folder / EXCEPTIONS for folder in folders if (folder / EXCEPTIONS).exists()):
        try:
            tables = toml(path.read_text(encoding="utf-8")).get("exception", [])
        except Broken as problem:
            wrong += [Finding(EXCEPTIONS, one.where, EXCEPTION, one.what) for one in problem.mistakes]
            continue
        for number, table in enumerate(tables, 1):
            excused += _exception(table)
            wrong += _wrong_with(table, number)
    return excused, wrong


def _exception(table: Mapping[str, Any]) -> Iterator[Excuse]:
    if not list(_wrong_with(table, 0)):
        yield Excuse(table["page"], table["check"], table["reason"])


def _wrong_with(table: Mapping[str, Any], number: int) -> Iterator[Finding]:
    where = f"exception, number {number}"
    for member in ("page", "check", "reason"):
        if not str(table.get(member, "")).strip():
            yield Finding(EXCEPTIONS, where, EXCEPTION, f"`{member}` is missing: every exception says it")
    if table.get("check") and table["check"] not in EXCUSABLE:
        known = ", ".join(sorted(EXCUSABLE))
        yield Finding(EXCEPTIONS, where, EXCEPTION, f"`check` has to be one of {known}")


def _excuses(one: Excuse, finding: Finding) -> bool:
    return (one.page, one.check) == (finding.page, finding.check)


def _for_nothing(one: Excuse) -> Finding:
    return Finding(one.page, EXCEPTIONS, EXCEPTION, f"nothing is wrong ({one.check}): take the exception out")


def in_words(found: Iterable[Finding]) -> list[str]:
    return sorted(map(str, found))
