"""Leases deliveries and records their receipts in sets: one round trip for hundreds of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from shared.desk.items import open_item, resolve_by_key
from shared.events.catalogue import CATALOGUE
from shared.messaging.tables import deliveries, outbox
from shared.messaging.work import LEASE as LEASE

MAX_ATTEMPTS = 12
BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600))
NOT_ACKNOWLEDGED = "not-acknowledged"
DEAD_LETTER = "dead-letter"

DONE = text("""
    WITH was AS MATERIALIZED (
      SELECT id, state FROM deliveries
      WHERE id = ANY(CAST(:ids AS bigint[])) AND state <> 'done' ORDER BY id FOR UPDATE
    )
    UPDATE deliveries d SET state = 'done', last_error = NULL, settled_at = clock_timestamp()
    FROM was WHERE d.id = was.id
    RETURNING d.id, was.state AS was
""")


@dataclass(frozen=True)
class Leased:
    """A delivery that this dispatcher holds; `fence` tells this lease from a later one of the same row."""

    delivery: int
    fence: int
    subscriber: str
    event: dict[str, Any]


@dataclass(frozen=True)
class Receipt:
    """A subscriber's report on a delivery: done, or why not yet (a code without personal data)."""

    delivery: int
    fence: int
    error: str | None


def lease(session: Session, limit: int, *, source: str, detail_base: str) -> list[Leased]:
    """Lease due deliveries for a minute; each lease counts as an attempt, whatever comes of it.

    A delivery that is out of attempts becomes a dead letter instead. Does not commit: the caller does, before
    it publishes.
    """
    due = (
        select(deliveries.c.id)
        .where(deliveries.c.state == "due", deliveries.c.due_at <= func.clock_timestamp())
        .order_by(deliveries.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    taken = session.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(select(due.c.id)))
        .values(
            attempts=deliveries.c.attempts + 1,
            fence=deliveries.c.fence + 1,
            due_at=func.clock_timestamp() + LEASE,
            last_error=func.coalesce(deliveries.c.last_error, text(f"'{NOT_ACKNOWLEDGED}'")),
        )
        .returning(
            deliveries.c.id,
            deliveries.c.event_id,
            deliveries.c.fence,
            deliveries.c.subscriber,
            deliveries.c.attempts,
        )
    ).all()
    give_up(session, [row.id for row in taken if row.attempts > MAX_ATTEMPTS])
    alive = [row for row in taken if row.attempts <= MAX_ATTEMPTS]
    events = load_events(session, {row.event_id for row in alive}, source=source, detail_base=detail_base)
    return [Leased(row.id, row.fence, row.subscriber, events[row.event_id]) for row in alive]


def load_events(
    session: Session, ids: set[UUID], *, source: str, detail_base: str
) -> dict[UUID, dict[str, Any]]:
    """Return outbox rows as CloudEvents, by id."""
    if not ids:
        return {}
    rows = session.execute(select(outbox).where(outbox.c.id.in_(ids))).all()
    return {row.id: envelope(row, source=source, detail_base=detail_base) for row in rows}


def envelope(row: Any, *, source: str, detail_base: str) -> dict[str, Any]:
    """Return one event as JSON in the form of the profile; members without a value are left out."""
    detail = CATALOGUE[row.type].detail if row.type in CATALOGUE else None
    members = {
        "specversion": "1.0",
        "id": str(row.id),
        "source": source,
        "type": row.type,
        "subject": str(row.subject),
        "time": row.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "dataref": f"{detail_base}{detail.path}" if detail else None,
        "sequence": f"{row.sequence:010d}",
        "sequencetype": "Integer",
        "correlationid": row.correlation_id,
        "causationid": str(row.causation_id) if row.causation_id else None,
        "data": row.data,
    }
    return {name: value for name, value in members.items() if value is not None}


def release(session: Session, leased: Sequence[Leased]) -> None:
    """Give rows back when the broker cannot be reached: due in a second, and the attempt does not count."""
    _each(
        session,
        "UPDATE deliveries d SET due_at = clock_timestamp() + interval '1 second', attempts = d.attempts - 1"
        " FROM unnest(CAST(:ids AS bigint[]), CAST(:fences AS int[])) AS r(id, fence)"
        " WHERE d.id = r.id AND d.fence = r.fence AND d.state = 'due'",
        [(one.delivery, one.fence) for one in leased],
    )


def record_receipts(session: Session, receipts: Sequence[Receipt]) -> None:
    """Record what the subscribers report: "done" under any lease, an error only under its own.

    Idempotent, in any order. Does not commit.
    """
    done = [receipt.delivery for receipt in receipts if receipt.error is None]
    if done:
        rows = session.execute(DONE, {"ids": done}).all()
        resolve_items(session, [row.id for row in rows if row.was == "dead"], "delivered")
    for receipt in receipts:
        if receipt.error is not None:
            _refused(session, receipt)


def resolve_items(session: Session, ids: Sequence[int], resolution: str) -> None:
    """Take these dead letters off the desk's list. Idempotent."""
    resolve_by_key(session, [_item_key(one) for one in ids], resolution, at=datetime.now(UTC))


def _item_key(delivery: int) -> str:
    return f"{DEAD_LETTER}:{delivery}"


def _refused(session: Session, receipt: Receipt) -> None:
    row = session.execute(
        select(deliveries.c.attempts)
        .where(
            deliveries.c.id == receipt.delivery,
            deliveries.c.fence == receipt.fence,
            deliveries.c.state == "due",
        )
        .with_for_update()
    ).one_or_none()
    if row is None:
        return
    wait = BACKOFF[min(row.attempts, len(BACKOFF)) - 1]
    session.execute(
        update(deliveries)
        .where(deliveries.c.id == receipt.delivery)
        .values(last_error=receipt.error, due_at=func.clock_timestamp() + wait)
    )
    if row.attempts >= MAX_ATTEMPTS:
        give_up(session, [receipt.delivery])


def give_up(session: Session, ids: Sequence[int]) -> None:
    """Give deliveries up and put each on the desk's list, for a person to deal with."""
    if not ids:
        return
    buried = session.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(ids), deliveries.c.event_id == outbox.c.id)
        .values(state="dead")
        .returning(
            deliveries.c.id, outbox.c.type, outbox.c.subject, deliveries.c.subscriber, deliveries.c.last_error
        )
    ).all()
    for row in buried:
        open_item(
            session,
            kind=DEAD_LETTER,
            reason=row.last_error or NOT_ACKNOWLEDGED,
            subject_id=row.subject,
            details={"delivery": row.id, "type": row.type, "subscriber": row.subscriber},
            dedupe_key=_item_key(row.id),
            at=datetime.now(UTC),
        )


def _each(session: Session, statement: str, pairs: Sequence[tuple[int, int]]) -> None:
    if pairs:
        ids, fences = zip(*pairs, strict=True)
        session.execute(text(statement), {"ids": list(ids), "fences": list(fences)})
