"""Announcing: an event becomes a row in the transaction that it tells of."""

from __future__ import annotations

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


def announce(
    session: Session,
    payload: Payload,
    *,
    at: datetime,
    correlation_id: str | None = None,
    causation_id: UUID | None = None,
) -> UUID:
    """Write the event and a delivery for each subscriber into this transaction; publishes nothing itself.

    If the transaction rolls back, nothing was ever said. After its commit the dispatcher is woken; where
    that fails the sweep finds the rows. Delivery is at least once: consumers have an inbox.
    """
    event_id = new_id()
    session.execute(insert(outbox), _row(event_id, payload, at, correlation_id, causation_id))
    session.execute(
        insert(deliveries), [{"event_id": event_id, "subscriber": name} for name in payload.subscribers]
    )
    wake_after_commit(session)
    return event_id


def _row(
    event_id: UUID, payload: Payload, at: datetime, correlation_id: str | None, causation_id: UUID | None
) -> dict[str, Any]:
    return {
        "id": event_id,
        "type": payload.event_type(),
        "subject": payload.subject,
        "data": payload.model_dump(mode="json", by_alias=True),
        "at": at,
        "correlation_id": correlation_id or telemetry.correlation_id.get(),
        "causation_id": causation_id or telemetry.causation_id.get(),
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
