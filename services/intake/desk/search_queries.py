"""Finds advice requests and calls by fingerprints alone: nothing is decrypted to find it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import Session, col

from services.intake.calls.numbers import index_of
from services.intake.calls.tables import Call
from services.intake.desk.search_rules import Sought
from services.intake.requests.tables import AdviceRequest
from shared.events.finding import MOST_HITS, MOST_LOOKED_AT, Hit, Hits
from shared.finding import of_email, of_phone, of_words

REQUEST, CALL = "request", "call"


def find(session: Session, sought: Sought) -> Hits:
    """Return what is found here, the newest of each kind first."""
    found = [_requests(session, sought), _calls(session, sought.phones)]
    return Hits(
        hits=tuple(one for some in found for one in some[:MOST_HITS]),
        more=any(len(some) > MOST_HITS for some in found),
    )


def requests_at(session: Session, phones: Iterable[str], emails: Iterable[str]) -> Sequence[UUID]:
    """Return the advice requests of whoever has one of these numbers or addresses, the newest first."""
    marks = [*map(of_phone, phones), *map(of_email, emails)]
    found: Any = col(AdviceRequest.marks)
    chosen = select(col(AdviceRequest.id)).where(found.overlap(marks), col(AdviceRequest.erased_at).is_(None))
    newest = chosen.order_by(col(AdviceRequest.received_at).desc()).limit(MOST_HITS)
    return session.scalars(newest).all() if marks else []


def facts(session: Session, ids: Iterable[UUID]) -> dict[UUID, Hit]:
    """Return what a list says of these advice requests, those that were erased left out."""
    return {one.id: one for one in _hits(session, col(AdviceRequest.id).in_(list(ids)), Sought())}


def _requests(session: Session, sought: Sought) -> Sequence[Hit]:
    marks: Any = col(AdviceRequest.marks)
    reached = [*map(of_phone, sought.phones), *map(of_email, sought.emails)]
    ways = [marks.overlap(reached)] if reached else []
    ways += [marks.contains(of_words(sought.words))] if sought.words else []
    ways += [col(AdviceRequest.reference).in_(sought.references)] if sought.references else []
    return _hits(session, or_(*ways), sought) if ways else []


def _hits(session: Session, where: Any, sought: Sought) -> list[Hit]:
    one = AdviceRequest
    columns = (one.id, one.reference, one.received_at, one.audience, one.language, one.state, one.marks)
    some = select(*map(col, columns)).where(where, col(one.erased_at).is_(None)).limit(MOST_LOOKED_AT)
    found = some.subquery()
    newest = select(found).order_by(found.c.received_at.desc()).limit(MOST_HITS + 1)
    return [
        Hit(
            kind=REQUEST,
            id=id,
            request_id=id,
            reference=reference,
            at=received,
            audience=audience,
            language=language,
            state=state,
            by=_by(reference, set(marks or ()), sought),
        )
        for id, reference, received, audience, language, state, marks in session.execute(newest)
    ]


def _by(reference: str, marks: set[int], sought: Sought) -> tuple[str, ...]:
    words = set(of_words(sought.words))
    ways = {
        "reference": reference in sought.references,
        "phone": marks & {of_phone(one) for one in sought.phones},
        "email": marks & {of_email(one) for one in sought.emails},
        "name": words and words <= marks,
    }
    return tuple(way for way, matches in ways.items() if matches)


def _calls(session: Session, phones: Sequence[str]) -> Sequence[Hit]:
    """Return the latest call from each number, with how many there were."""
    if not phones:
        return []
    theirs = (col(Call.number_index).in_([index_of(one) for one in phones]), col(Call.erased_at).is_(None))
    number = func.count().over(partition_by=col(Call.number_index))
    columns = (col(Call.id), col(Call.at), col(Call.audience), col(Call.language), col(Call.state), number)
    rows = session.execute(
        select(*columns)
        .where(*theirs)
        .ext(distinct_on(col(Call.number_index)))
        .order_by(col(Call.number_index), col(Call.at).desc())
    )
    return [
        Hit(
            kind=CALL,
            id=id,
            at=at,
            audience=audience or "",
            language=language or "",
            state=state,
            by=("phone",),
            number=number,
        )
        for id, at, audience, language, state, number in rows
    ]
