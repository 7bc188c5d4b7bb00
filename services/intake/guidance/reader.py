"""Which page somebody gets who asks for one: in their language where it is there, and as it stands today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from fastapi import Request

from services.intake.guidance import library, rules
from services.intake.guidance.articles import Article
from services.intake.guidance.library import Shelf
from services.intake.guidance.remembering import WordsOfPages
from services.intake.guidance.rules import Standing
from shared.countries import DEFAULT as HOME
from shared.errors import NotFound
from shared.languages import DEFAULT, ELSEWHERE, LANGUAGES, Language
from shared.web.languages import ONLY_FAMILIES, negotiate


@dataclass(frozen=True)
class Opened:
    """A page as it is shown. `reader` is the language of what stands around it, `keeps` of its links."""

    page: Article
    standing: Standing
    reader: str
    keeps: str
    others: tuple[Language, ...]

    @property
    def spoken(self) -> Language:
        return LANGUAGES[self.page.language]


def shelf_of(request: Request) -> Shelf:
    """Return the pages that there are now."""
    return library.of(request.app.state.runtime.settings.content_dir).now()


def words_of_pages(request: Request) -> WordsOfPages:
    """Return what this process remembers of the words of all pages."""
    known: WordsOfPages = request.app.state.words_of_pages
    return known


def today_of(at: datetime) -> date:
    return at.astimezone(ZoneInfo(HOME.zone)).date()


def opened(request: Request, shelf: Shelf, slug: str, at: datetime) -> Opened:
    """Return the page with this name, or that had it before. Raises NotFound."""
    slug = shelf.now_called(slug)
    asked, reader = request.query_params.get("lang", ""), negotiate(request)
    there = shelf.languages_of(slug)
    language = next((one for one in (asked, reader, DEFAULT, ELSEWHERE, *there) if one in there), None)
    page = shelf.page(slug, language) if language else None
    if page is None:
        raise NotFound("There is no page with this name.")
    if page.language == asked and asked in ONLY_FAMILIES:
        reader = asked  # what stands around such a page is there in its language too
    others = tuple(LANGUAGES[one] for one in there if one != page.language)
    keeps = asked if asked in there else reader if asked else ""
    return Opened(page, rules.standing(page.review_by, today_of(at)), reader, keeps, others)


def shown(pages: Iterable[Article], at: datetime) -> list[Article]:
    """Return those that were checked lately enough to be shown."""
    today = today_of(at)
    return [one for one in pages if rules.standing(one.review_by, today) is not Standing.GONE]
