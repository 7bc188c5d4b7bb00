from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import cast, func, literal
from sqlalchemy import select as rows_of
from sqlalchemy.dialects.postgresql import ARRAY, REAL, TSQUERY
from sqlmodel import Session, col, select

from services.intake.guidance.search import Index, Meant, Term
from services.intake.guidance.tables import Edition, Indexed, Opinion, Sought

# Of a word in the body, in what is said in short, among the other words, and in the title or a question.
WEIGHTS = [0.1, 0.35, 0.8, 1.0]
MOST_FOUND = 60
MOST_SHOWN = 200


def is_indexed(session: Session, edition: str) -> bool:
    """Whether the search knows this state of the pages."""
    return session.get(Edition, edition) is not None


def search(session: Session, edition: str, index: Index, meant: Meant) -> list[str]:
    """Return the names of the pages that speak of what is meant, the best first."""
    stems = index.chosen(meant)
    if not stems:
        return []
    score: Any = sum((_score(term) for term in meant.terms), literal(0.0))
    chosen = (
        select(Indexed.slug, score.label("score"))
        .where(
            Indexed.edition == edition,
            Indexed.language == index.language,
            col(Indexed.lexemes).bool_op("@@")(_query(*stems)),
        )
        .order_by(score.desc(), col(Indexed.slug))
        .limit(MOST_FOUND)
    )
    return index.ranked(meant, [(slug, float(number)) for slug, number in session.execute(chosen)])


def _score(term: Term) -> Any:
    weights = cast(WEIGHTS, ARRAY(REAL))
    ranks = [
        func.ts_rank(weights, Indexed.lexemes, _query(stem)) * (counts * term.worth)
        for stem, counts in term.stems.items()
    ]
    return func.greatest(*ranks) if len(ranks) > 1 else ranks[0]


def _query(*stems: str) -> Any:
    """Return what finds any of these stems. They are letters and digits alone, and bound as values."""
    return cast(" | ".join(f"'{stem}'" for stem in stems), TSQUERY)


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


def as_tsvector(lexemes: Sequence[tuple[str, str]]) -> str:
    """Return stems with their weights as the database keeps them, each at its place."""
    places: dict[str, list[str]] = {}
    for place, (stem, weight) in enumerate(lexemes[:16_000], 1):
        places.setdefault(stem, []).append(f"{place}{weight}")
    return " ".join(f"'{stem}':{','.join(found[:200])}" for stem, found in places.items())
