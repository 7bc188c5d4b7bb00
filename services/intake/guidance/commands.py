"""Pages of guidance: the search is told of them, readers say what they think, the desk checks them anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy import Table, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from services.intake.guidance import queries, rules
from services.intake.guidance.articles import Article
from services.intake.guidance.indexing import Learnt, learn
from services.intake.guidance.library import Shelf
from services.intake.guidance.rules import Standing
from services.intake.guidance.tables import Opinion, Review, Sought, Stem, Watch, WordList
from services.intake.guidance.words import synonyms_of
from shared import audit, ceilings
from shared.crypto import blind_index
from shared.database.encrypted import of_row
from shared.desk.items import open_item, resolve_by_key
from shared.desk.tables import work_items

OPINIONS: Table = Opinion.__table__  # type: ignore[attr-defined]
NAMESPACE = UUID("6d1f7a52-0e0c-4f0b-8a55-1f1d3c9b7e20")
REVIEW, DUE = "guidance-review", "review-due"
EDITIONS_KEPT, AT_ONCE = 3, 1_000
DAY, HOUR = 86_400, timedelta(hours=1)
# How much of what anybody may send is kept: no stranger fills a table, or an editor's page.
OPINIONS_PER_PAGE_AND_HOUR, WORDS_PER_HOUR = 60, 60
NEW_SOUGHT_PER_DAY, MOST_SOUGHT = 300, 5_000
# Words that somebody sought become words once they were sought on so many days.
DAYS_UNTIL_WORDS = 3


def tell(session: Session, shelf: Shelf, *, at: datetime) -> None:
    """Tell the search of the pages in each language, where it does not know them as they are now.

    Idempotent. Commits each language by itself: what is interrupted is done again.
    """
    for language, edition in shelf.editions.items():
        # One process at a time: the others find it done.
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext('guidance-index'))"))
        if edition not in queries.told(session, language):
            synonyms = synonyms_of(shelf.synonyms, language)
            learnt = learn(shelf.in_language(language), synonyms, language)
            _keep(session, language, edition, learnt, at=at)
            _forget_editions(session, language)
            _take_along(session, shelf)
        session.commit()


def _keep(session: Session, language: str, edition: str, learnt: Learnt, *, at: datetime) -> None:
    known = {
        "pages": learnt.pages,
        "asked": learnt.asked,
        "likely": learnt.likely,
        "pages_with": {stem: len(places.pages) for stem, places in learnt.places.items()},
        "synonyms": [[one.words, one.means] for one in learnt.synonyms.phrases],
    }
    state = {"language": language, "edition": edition}
    session.execute(insert(WordList).values(**state, made_at=at, known=known))
    rows = [
        state | {"stem": stem, "places": places.packed()} for stem, places in sorted(learnt.places.items())
    ]
    for start in range(0, len(rows), AT_ONCE):
        session.execute(insert(Stem), rows[start : start + AT_ONCE])


def _take_along(session: Session, shelf: Shelf) -> None:
    """Keep what readers said of a page with it when it gets another name."""
    for old, slug in shelf.moved.items():
        session.execute(update(OPINIONS).where(OPINIONS.c.slug == old).values(slug=slug))


def _forget_editions(session: Session, language: str) -> None:
    """Keep those before the newest for a while: processes that have not read it yet answer from them."""
    mine = select(col(WordList.edition)).where(col(WordList.language) == language)
    kept = list(session.scalars(mine.order_by(col(WordList.made_at).desc()).limit(EDITIONS_KEPT)))
    for table in (WordList, Stem):
        rows = delete(table).where(col(table.language) == language, col(table.edition).not_in(kept))
        session.execute(rows)


def say(session: Session, page: Article, *, useful: bool, words: str, sent: str, at: datetime) -> None:
    """Keep what a reader says of a page; the form that was `sent` counts once. Commits.

    Where very many say something within an hour, the rest is let go: it could be one person.
    """
    if queries.opinions_since(session, at - HOUR, slug=page.slug) >= OPINIONS_PER_PAGE_AND_HOUR:
        return
    if words and queries.opinions_since(session, at - HOUR) >= WORDS_PER_HOUR:
        words = ""
    id = uuid5(NAMESPACE, f"{page.language}/{page.slug}/{sent}")
    row = {
        "id": id,
        "slug": page.slug,
        "language": page.language,
        "useful": useful,
        "words": of_row(id, words or None),
        "at": at,
    }
    session.execute(insert(OPINIONS).values(row).on_conflict_do_nothing())
    session.commit()


def note_sought(session: Session, said: Sequence[str], language: str, *, today: date, at: datetime) -> None:
    """Count that these words were sought in vain: once a day, and without who it was. Commits."""
    words = " ".join(said)
    fingerprint = blind_index("guidance-sought", f"{language}:{words}")
    known = session.get(Sought, fingerprint, with_for_update=True)
    if known is not None and known.last_on < today:
        known.days, known.last_on = known.days + 1, today
        known.words = words if known.days >= DAYS_UNTIL_WORDS else None
    elif known is None and _is_room(session, at):
        row = insert(Sought).values(fingerprint=fingerprint, language=language, days=1, last_on=today)
        session.execute(row.on_conflict_do_nothing())
    session.commit()


def _is_room(session: Session, at: datetime) -> bool:
    if ceilings.add(session, "guidance-sought", DAY, 1, at) > NEW_SOUGHT_PER_DAY:
        return False
    kept: int = session.execute(select(func.count()).select_from(Sought)).scalar_one()
    return kept < MOST_SOUGHT


def read_opinions(session: Session, language: str, slug: str, *, by: UUID, at: datetime) -> Sequence[Opinion]:
    """Return what readers wrote about a page; that somebody looked is noted. Commits."""
    found = queries.opinions_with_words(session, language, slug)
    if found:
        audit.record(session, f"staff:{by}", "guidance.opinions-read", f"page:{slug}", at=at)
    session.commit()
    return found


def let_go_of_opinion(session: Session, opinion_id: UUID, *, by: UUID, at: datetime) -> None:
    """Empty the words of a reader that are dealt with; that the page was of use, or not, stays. Commits."""
    emptied = update(OPINIONS).where(OPINIONS.c.id == opinion_id, OPINIONS.c.words.is_not(None))
    if session.execute(emptied.values(words=None).returning(OPINIONS.c.id)).first():
        audit.record(session, f"staff:{by}", "guidance.opinion-emptied", f"opinion:{opinion_id}", at=at)
    session.commit()


def let_go_of_sought(session: Session, fingerprint: bytes, *, by: UUID, at: datetime) -> None:
    """Forget words that were sought, such as those for which there is a page by now. Commits."""
    session.execute(delete(Sought).where(col(Sought.fingerprint) == fingerprint))
    audit.record(session, f"staff:{by}", "guidance.sought-let-go", "guidance", at=at)
    session.commit()


def review(session: Session, shelf: Shelf, *, today: date, at: datetime) -> None:
    """Have the desk check what has to be checked from this day on; each page once for each such day.

    What was checked by now, or is no longer there, is off the desk again. Commits.
    """
    due = [
        page for page in shelf.pages.values() if rules.standing(page.review_by, today) is not Standing.CHECKED
    ]
    for page in due:
        told = insert(Review).values(
            language=page.language, slug=page.slug, review_by=page.review_by, told_at=at
        )
        if session.execute(told.on_conflict_do_nothing().returning(col(Review.slug))).first():
            _open(session, page, at=at)
    _resolve(session, {_key(page) for page in due}, at=at)
    session.commit()


def _open(session: Session, page: Article, *, at: datetime) -> None:
    open_item(
        session,
        kind=REVIEW,
        reason=DUE,
        subject_id=uuid5(NAMESPACE, f"{page.language}/{page.slug}"),
        dedupe_key=_key(page),
        at=at,
        details={"page": page.slug, "language": page.language, "review-by": page.review_by.isoformat()},
    )


def _key(page: Article) -> str:
    return f"{REVIEW}:{page.language}:{page.slug}:{page.review_by}"


def _resolve(session: Session, due: set[str], *, at: datetime) -> None:
    waiting = select(work_items.c.dedupe_key).where(
        work_items.c.kind == REVIEW, work_items.c.resolved_at.is_(None)
    )
    over = [key for key in session.execute(waiting).scalars() if key not in due]
    resolve_by_key(session, over, "checked", at=at)


def look_again(session: Session, watch_id: UUID, *, due: datetime) -> None:
    """Look at the days of the pages again at a moment. Commits."""
    session.execute(update(Watch).where(col(Watch.id) == watch_id).values(due_at=due, leased_until=None))
    session.commit()
