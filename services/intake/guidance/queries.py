from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as rows_of
from sqlmodel import Session, col, select

from services.intake.guidance.indexing import Places
from services.intake.guidance.search import Index, Known, Meant
from services.intake.guidance.tables import Opinion, Sought, Stem, WordList
from services.intake.guidance.words import Phrase, Synonyms

MOST_SHOWN = 200


def told(session: Session, language: str, preferred: str = "") -> list[str]:
    """Return the states that the search knows of the pages in a language: the preferred, then the newest."""
    chosen = select(WordList.edition).where(WordList.language == language)
    return [*session.exec(chosen.order_by(col(WordList.edition) != preferred, col(WordList.made_at).desc()))]


def index(session: Session, language: str, edition: str) -> Index | None:
    """Return the words of the pages in a language at one state of them."""
    found = session.get(WordList, (language, edition))
    if found is None:
        return None
    known: dict[str, Any] = dict(found.known)
    phrases = [Phrase(tuple(one), tuple(means)) for one, means in known.pop("synonyms")]
    return Index(Known(**known, synonyms=Synonyms(tuple(phrases))), language, edition)


def search(session: Session, index: Index, meant: Meant) -> list[str]:
    """Return the names of the pages that speak of what is meant, the best first."""
    stems = {stem for term in meant.terms for stem in term.stems}
    chosen = select(Stem.stem, Stem.places).where(
        Stem.language == index.language, Stem.edition == index.edition, col(Stem.stem).in_(stems)
    )
    return index.ranked(meant, {stem: Places.of(packed) for stem, packed in session.exec(chosen)})


@dataclass(frozen=True)
class Use:
    """How many found a page useful, how many did not, and how many of them wrote something."""

    slug: str
    language: str
    useful: int
    not_useful: int
    with_words: int


def uses(session: Session) -> dict[tuple[str, str], Use]:
    """Return what readers said of each page, by language and name."""
    counted = rows_of(
        col(Opinion.slug),
        col(Opinion.language),
        func.count().filter(col(Opinion.useful)),
        func.count().filter(~col(Opinion.useful)),
        func.count(col(Opinion.words)),
    ).group_by(col(Opinion.slug), col(Opinion.language))
    found = (Use(*row) for row in session.execute(counted))
    return {(one.language, one.slug): one for one in found}


def opinions_with_words(session: Session, language: str, slug: str) -> Sequence[Opinion]:
    """Return what readers wrote about a page, the newest first."""
    chosen = select(Opinion).where(
        Opinion.language == language, Opinion.slug == slug, col(Opinion.words).is_not(None)
    )
    return session.exec(chosen.order_by(col(Opinion.at).desc(), col(Opinion.id)).limit(MOST_SHOWN)).all()


def sought_in_vain(session: Session) -> Sequence[Sought]:
    """Return words that were sought on several days and not found, the most sought first."""
    chosen = select(Sought).where(col(Sought.words).is_not(None))
    return session.exec(chosen.order_by(col(Sought.days).desc(), col(Sought.words)).limit(MOST_SHOWN)).all()


def opinions_since(session: Session, since: datetime, *, slug: str = "") -> int:
    """Return how many opinions there were since a moment: of one page, or of all that hold words."""
    which = Opinion.slug == slug if slug else col(Opinion.words).is_not(None)
    return session.exec(select(func.count()).select_from(Opinion).where(col(Opinion.at) > since, which)).one()
