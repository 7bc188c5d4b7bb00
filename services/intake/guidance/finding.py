"""Which pages somebody wants who chooses or seeks, and what was meant where they sought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from itsdangerous import BadData, URLSafeSerializer
from sqlmodel import Session

from services.intake.guidance import commands, queries
from services.intake.guidance.articles import Article
from services.intake.guidance.library import Shelf
from services.intake.guidance.reader import shown, today_of
from services.intake.guidance.remembering import WordsOfPages
from services.intake.guidance.search import Meant
from shared.crypto import derive_all
from shared.database.paging import BAD_CURSOR, Page, Slice
from shared.errors import Invalid
from shared.vocabulary import Audience, Stage, is_need, need_parent

# What somebody sought and did not find is kept where it can hardly be about somebody: a few words.
MOST_WORDS_KEPT = 5


@dataclass(frozen=True)
class Wanted:
    """What somebody chose, and what they typed."""

    language: str
    audience: Audience | None = None
    stage: Stage | None = None
    need: str | None = None
    typed: str = ""

    @property
    def chooses(self) -> bool:
        return bool(self.audience or self.stage or self.need)

    @cached_property
    def seeks(self) -> str:
        return " ".join(self.typed.replace("\x00", " ").split())

    def fits(self, page: Article) -> bool:
        return (
            (self.audience is None or self.audience in page.audience)
            and (self.stage is None or self.stage in page.all_stages)
            and (self.need is None or any(self._is_wanted(code) for code in page.needs))
        )

    def _is_wanted(self, code: str) -> bool:
        return code == self.need or (is_need(code) and need_parent(code) == self.need)


@dataclass(frozen=True)
class Found:
    pages: Sequence[Article]
    meant: Meant | None = None


def found(session: Session, shelf: Shelf, known: WordsOfPages, wanted: Wanted, *, at: datetime) -> Found:
    """Return the pages that are wanted: by title, or the best answer first where words were typed."""
    if not wanted.seeks:
        return Found([page for page in shown(shelf.in_language(wanted.language), at) if wanted.fits(page)])
    index = known.of(session, shelf, wanted.language)
    if index is None:
        return Found([])
    meant = index.meant(wanted.seeks)
    names = queries.search(session, index, meant) if meant.is_known else []
    # A page that was taken away meanwhile is not there, whatever the search knew.
    there = [page for name in names if (page := shelf.page(name, wanted.language))]
    return Found([page for page in shown(there, at) if wanted.fits(page)], meant)


def in_vain(session: Session, wanted: Wanted, result: Found, *, at: datetime) -> None:
    """Count what was sought and not found, where it can be kept: see `worth_keeping`. Commits."""
    if result.pages or wanted.chooses or result.meant is None:
        return
    if said := worth_keeping(wanted.seeks):
        commands.note_sought(session, said, wanted.language, today=today_of(at), at=at)


def worth_keeping(typed: str) -> list[str]:
    """Return the words in small letters, or none where they could be about somebody.

    No figures and signs, as numbers and addresses have, no words with a capital after the first, as names
    have, and no more than a few words.
    """
    said = typed.split()
    if not 0 < len(said) <= MOST_WORDS_KEPT or any(word != word.lower() for word in said[1:]):
        return []
    plain = [word.strip("?!.,;:").lower() for word in said]
    return plain if all(word.replace("'", "").replace("-", "").isalpha() for word in plain) else []


def sliced(pages: Sequence[Article], wanted: Slice) -> Page[Article]:
    """Return one page of a list. Raises Invalid for a cursor that does not come from it."""
    begin = _read(wanted.cursor) if wanted.cursor is not None else 0
    end = begin + wanted.limit
    more = _serializer().dumps(end) if end < len(pages) else None
    return Page(pages[begin:end], len(pages), str(more) if more else None)


def _read(cursor: str) -> int:
    try:
        return int(_serializer().loads(cursor))
    except (BadData, ValueError, TypeError):
        raise Invalid([BAD_CURSOR]) from None


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(derive_all("cursor")[::-1], salt="guidance")
