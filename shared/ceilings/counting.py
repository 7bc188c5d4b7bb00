"""Ceilings, counted in the database so that all processes share them.

A bucket's name holds codes and blind indexes (hex) only, never a person's number or address. The caller
commits.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.ceilings.tables import counters
from shared.errors import TooMany

KEEP = timedelta(days=8)


def count(
    session: Session, bucket: str, window_seconds: int, limit: int, at: datetime, *, detail: str = ""
) -> int:
    """Count one more in the window that `at` falls in, and return the new count.

    Raises TooMany above `limit`, with the count still in the caller's transaction: commit it then if the
    refused attempt must be remembered.
    """
    number = add(session, bucket, window_seconds, 1, at)
    if number > limit:
        start = window_start(at, window_seconds)
        left = int((start + timedelta(seconds=window_seconds) - at).total_seconds())
        raise TooMany(detail or "That is too often. Please try again later.", retry_after=max(1, left))
    return number


def add_each(session: Session, buckets: Mapping[str, int], at: datetime) -> dict[str, int]:
    """Count one more in each of these buckets, given with the seconds of its window; return the new counts.

    Refuses nothing. Buckets that are counted together are always given in the same order of kinds, so that no
    two transactions wait for each other.
    """
    if not buckets:
        return {}
    rows = [
        {"bucket": bucket, "window_start": window_start(at, seconds), "number": 1}
        for bucket, seconds in buckets.items()
    ]
    counted_now = session.execute(
        insert(counters)
        .values(rows)
        .on_conflict_do_update(
            index_elements=["bucket", "window_start"], set_={"number": counters.c.number + 1}
        )
        .returning(counters.c.bucket, counters.c.number)
    )
    return {row.bucket: row.number for row in counted_now}


def add(session: Session, bucket: str, window_seconds: int, number: int, at: datetime) -> int:
    """Count so many more in the window that `at` falls in, and return the new count."""
    row = insert(counters).values(bucket=bucket, window_start=window_start(at, window_seconds), number=number)
    together: int = session.execute(
        row.on_conflict_do_update(
            index_elements=["bucket", "window_start"],
            set_={"number": counters.c.number + row.excluded.number},
        ).returning(counters.c.number)
    ).scalar_one()
    return together


def uncount(session: Session, bucket: str, window_seconds: int, at: datetime) -> None:
    """Take one back, for an attempt that was counted beforehand and turned out to be right."""
    session.execute(
        update(counters)
        .where(counters.c.bucket == bucket, counters.c.window_start == window_start(at, window_seconds))
        .values(number=counters.c.number - 1)
    )


def counted(session: Session, bucket: str, window_seconds: int, at: datetime) -> int:
    """Return the count in the window that `at` falls in."""
    number = session.execute(
        select(counters.c.number).where(
            counters.c.bucket == bucket, counters.c.window_start == window_start(at, window_seconds)
        )
    ).scalar_one_or_none()
    return number or 0


def was_counted(session: Session, bucket: str) -> bool:
    """Whether anything was counted there in these days, in any window."""
    found = select(counters.c.bucket).where(counters.c.bucket == bucket).limit(1)
    return session.execute(found).first() is not None


def held(session: Session, bucket: str, window_seconds: int, at: datetime) -> int:
    """Return the count like `counted`, and let nobody else count there until this transaction ends."""
    start = window_start(at, window_seconds)
    row = insert(counters).values(bucket=bucket, window_start=start, number=0)
    number: int = session.execute(
        row.on_conflict_do_update(
            index_elements=["bucket", "window_start"], set_={"number": counters.c.number}
        ).returning(counters.c.number)
    ).scalar_one()
    return number


def window_start(at: datetime, window_seconds: int) -> datetime:
    seconds = int(at.timestamp()) // window_seconds * window_seconds
    return datetime.fromtimestamp(seconds, UTC)


def forget_old_counts(session: Session) -> None:
    session.execute(delete(counters).where(counters.c.window_start < func.clock_timestamp() - KEEP))
