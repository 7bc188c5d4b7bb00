"""Pages of guidance beside an answer that somebody writes, and their words, with which it can begin."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from services.intake.guidance.articles import Article
from services.intake.guidance.finding import Wanted, found
from services.intake.guidance.library import Shelf
from services.intake.guidance.nearby import AT_MOST, about
from services.intake.guidance.reader import shown
from services.intake.guidance.reading import plain
from services.intake.guidance.remembering import WordsOfPages
from services.intake.guidance.rendering import PAGES
from shared.languages import DEFAULT
from shared.vocabulary import Audience


@dataclass(frozen=True)
class Asker:
    """Who reads the answer, and what they asked about. `languages`: theirs, then that of who writes."""

    audience: Audience
    needs: Collection[str]
    languages: Sequence[str]


@dataclass(frozen=True)
class Beside:
    """Some pages. `sought` is what was typed to find them, or "" where they are offered unasked."""

    sought: str
    pages: Sequence[Article]


def offered(shelf: Shelf, asker: Asker, at: datetime) -> Beside:
    """Return the pages for this asker, in the first language in which there are any."""
    each = (about(shelf, asker.audience, asker.needs, language, at) for language in asker.languages)
    return Beside("", next(filter(None, each), []))


def sought(
    session: Session,
    shelf: Shelf,
    known: WordsOfPages,
    languages: Sequence[str],
    typed: str,
    *,
    at: datetime,
    audience: Audience | None = None,
) -> Beside:
    """Return the pages that these words lead to, in the first language in which there are any.

    With `audience`, those for nobody else.
    """
    for language in languages if typed.strip() else ():
        wanted = Wanted(language, audience, typed=typed)
        if pages := found(session, shelf, known, wanted, at=at).pages:
            return Beside(typed, pages[:AT_MOST])
    return Beside(typed, [])


def words_of(shelf: Shelf, slug: str, languages: Sequence[str], site: str, at: datetime) -> str:
    """Return what this page says in short and what can be done today, and where it stands; "" for no page."""
    there = [page for language in languages if (page := shelf.page(slug, language))]
    return next((_words(page, site) for page in shown(there, at)), "")


def _words(page: Article, site: str) -> str:
    address = f"{site}{PAGES}/{page.slug}" + (f"?lang={page.language}" if page.language != DEFAULT else "")
    return "\n\n".join(
        filter(None, (page.in_short, plain(page.parts.get("today", ""), "- "), f"{page.title}: {address}"))
    )
