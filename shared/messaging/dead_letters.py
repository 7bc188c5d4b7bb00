"""Deliveries that were given up after too many attempts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlmodel import Session

from shared import audit
from shared.messaging.deliveries import resolve_items
from shared.messaging.outbox import wake_after_commit
from shared.messaging.tables import deliveries, outbox


def dead_letters(session: Session, *, limit: int = 200) -> list[dict[str, Any]]:
    """Return dead letters, oldest first, each with its last error's code and the moment of its event."""
    rows = session.execute(
        select(
            deliveries.c.id,
            outbox.c.type,
            outbox.c.subject,
            deliveries.c.subscriber,
            deliveries.c.attempts,
            deliveries.c.last_error,
            outbox.c.at,
        )
        .join(outbox, outbox.c.id == deliveries.c.event_id)
        .where(deliveries.c.state == "dead")
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    return [dict(row._mapping) for row in rows]


def count_dead(session: Session) -> int:
    dead = select(func.count()).select_from(deliveries).where(deliveries.c.state == "dead")
    return int(session.execute(dead).scalar_one())


def replay(session: Session, ids: Sequence[int] | None = None) -> int:
    """Deliver dead letters again, all of them without `ids`, and with a full set of attempts.

    For an operator, which is noted in the audit. Commits, and returns how many there were. Safe to run twice:
    a subscriber's inbox ignores an event that was handled already.
    """
    statement = update(deliveries).where(deliveries.c.state == "dead")
    if ids is not None:
        statement = statement.where(deliveries.c.id.in_(ids))
    rows = session.execute(
        statement.values(state="due", attempts=0, due_at=func.clock_timestamp()).returning(deliveries.c.id)
    ).all()
    resolve_items(session, [row.id for row in rows], "replayed")
    if rows:
        audit.record(session, "operator", "dead-letter.replay", "dead-letters", at=datetime.now(UTC))
    wake_after_commit(session)
    session.commit()
    return len(rows)
