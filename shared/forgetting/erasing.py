"""Erasing a person from one service, and the journal by which it is done again after a restore.

The journal holds keyed fingerprints of ids alone. An id says nothing of a person, and its fingerprint finds
the same row in an older copy of the database, where the number that led to it has not been looked up again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from shared.crypto import blind_index
from shared.events.erasure import Whom
from shared.forgetting.tables import erased

T = TypeVar("T")
AT_ONCE = 500
# Ids of what is kept of a person, by kind of data.
Things = Mapping[str, Sequence[UUID]]
# How many there were, by kind of data.
Counts = Mapping[str, int]


@dataclass(frozen=True)
class Eraser:
    """How a service erases. None of these commits.

    `find` returns what it keeps of a person and has not erased; `erase` erases it, and returns how many of
    what, what hangs on it included. `ids` lists everything that could be found, by kind.
    """

    find: Callable[[Session, Whom], Things]
    erase: Callable[[Session, Things, datetime], Counts]
    ids: Mapping[str, Callable[[Session], Iterable[UUID]]]


def erase(session: Session, eraser: Eraser, whom: Whom, *, at: datetime) -> Counts:
    """Erase a person and write it in the journal. Idempotent: what is gone is not counted again.

    Does not commit: a dry run does the same and is rolled back.
    """
    things = eraser.find(session, whom)
    remember(session, things, at=at)
    return eraser.erase(session, things, at)


def erase_again(session: Session, eraser: Eraser, *, at: datetime) -> Counts:
    """Erase everything that is in the journal and came back with a restore. Idempotent; commits."""
    total: Counter[str] = Counter()
    for kind, every in eraser.ids.items():
        gone = set(session.scalars(select(erased.c.fingerprint).where(erased.c.kind == kind)))
        back = [one for one in every(session) if fingerprint(kind, one) in gone] if gone else []
        for some in _batches(back):
            total.update(eraser.erase(session, {kind: some}, at))
            session.commit()
    return total


def remember(session: Session, things: Things, *, at: datetime) -> None:
    keys = {fingerprint(kind, one): kind for kind, ids in things.items() for one in ids}
    rows = [{"fingerprint": key, "kind": keys[key], "at": at} for key in sorted(keys)]
    for some in _batches(rows):
        session.execute(insert(erased).values(some).on_conflict_do_nothing())


def fingerprint(kind: str, one: UUID) -> bytes:
    return blind_index("erasure", f"{kind}:{one}")


def journal(session: Session) -> Iterator[str]:
    """Return the journal as lines of text, for a copy beside the backups."""
    for row in session.execute(select(erased).order_by(erased.c.at, erased.c.fingerprint)):
        yield f"{row.kind}\t{row.fingerprint.hex()}\t{row.at.astimezone(UTC).isoformat()}"


def merge(session: Session, lines: Iterable[str]) -> int:
    """Add the lines of a copy to the journal, and return how many there were. Idempotent. Does not commit.

    Raises ValueError for another text.
    """
    rows = {}
    for line in filter(str.strip, lines):
        kind, hexadecimal, at = line.split("\t")
        key = bytes.fromhex(hexadecimal)
        rows[key] = {"fingerprint": key, "kind": kind, "at": datetime.fromisoformat(at.strip())}
    for some in _batches(list(rows.values())):
        session.execute(insert(erased).values(some).on_conflict_do_nothing())
    return len(rows)


def _batches(rows: Iterable[T]) -> Iterator[list[T]]:
    left = iter(rows)
    while some := list(islice(left, AT_ONCE)):
        yield some
