"""Announcing: an event becomes a row in the transaction that it tells of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import event, insert
from sqlalchemy.orm import Session

from shared import telemetry
from shared.events.payloads import Payload
from shared.ids import new_id
from shared.messaging.tables import deliveries, outbox
from shared.messaging.waker import waker_for


@dataclass(frozen=True)
class Announcement:
    """What happened, and when; without ids of its own it belongs to what is being done (see telemetry)."""

    payload: Payload
    at: datetime
    correlation_id: str | None = None
    causation_id: UUID | None = None


def announce(
    session: Session,
    payload: Payload,
    *,
    at: datetime,
    correlation_id: str | None = None,
    causation_id: UUID | None = None,
) -> UUID:
    """As `announce_all`, of one thing; answers the event's id."""
    return announce_all(session, [Announcement(payload, at, correlation_id, causation_id)])[0]


def announce_all(session: Session, announcements: Sequence[Announcement]) -> list[UUID]:
    """Write the events and a delivery for each subscriber into this transaction; publishes nothing itself.

    If the transaction rolls back, nothing was ever said. After its commit the dispatcher is woken; where
    that fails the sweep finds the rows. Delivery is at least once: consumers have an inbox.
    """
    rows = [_row(one) for one in announcements]
    session.execute(insert(outbox), rows)
    session.execute(
        insert(deliveries),
        [
            {"event_id": row["id"], "subscriber": name}
            for row, one in zip(rows, announcements, strict=True)
            for name in one.payload.subscribers
        ],
    )
    wake_after_commit(session)
    return [row["id"] for row in rows]


def _row(one: Announcement) -> dict[str, Any]:
    return {
        "id": new_id(),
        "type": one.payload.event_type(),
        "subject": one.payload.subject,
        "data": one.payload.model_dump(mode="json", by_alias=True),
        "at": one.at,
        "correlation_id": one.correlation_id or telemetry.correlation_id.get(),
        "causation_id": one.causation_id or telemetry.causation_id.get(),
    }


def wake_after_commit(session: Session) -> None:
    """Let the dispatcher look as soon as this transaction is on disk, once however often it is asked."""
    if not session.info.get("wakes"):
        session.info["wakes"] = True
        event.listen(session, "after_commit", _wake, once=True)
        event.listen(session, "after_rollback", _forget, once=True)


def _wake(session: Session) -> None:
    session.info.pop("wakes", None)
    waker_for(session.get_bind().engine).wake()


def _forget(session: Session) -> None:
    session.info.pop("wakes", None)
