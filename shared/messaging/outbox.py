"""Announcing: an event becomes a row in the transaction that it tells of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from shared import telemetry
from shared.database.at_once import as_json
from shared.database.engine import engine_for_threads
from shared.events.payloads import Payload
from shared.ids import new_id
from shared.messaging.waker import waker_for

# The events and a delivery for each of their subscribers, in one statement however many there are.
ANNOUNCE = text("""
    WITH told AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS t(
        id uuid, type text, subject uuid, data jsonb, at timestamptz,
        correlation_id text, causation_id uuid, subscribers jsonb)
    ), kept AS (
      INSERT INTO outbox (id, type, subject, data, at, correlation_id, causation_id)
      SELECT id, type, subject, data, at, correlation_id, causation_id FROM told
    )
    INSERT INTO deliveries (event_id, subscriber)
    SELECT id, jsonb_array_elements_text(subscribers) FROM told
""")


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
    session.execute(ANNOUNCE, {"rows": as_json(rows)})
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
        "subscribers": one.payload.subscribers,
    }


def wake_after_commit(session: Session) -> None:
    """Let the dispatcher look as soon as this transaction is on disk, once however often it is asked."""
    if not session.info.get("wakes"):
        session.info["wakes"] = True
        event.listen(session, "after_commit", _wake, once=True)
        event.listen(session, "after_rollback", _forget, once=True)


def _wake(session: Session) -> None:
    session.info.pop("wakes", None)
    waker_for(engine_for_threads(session)).wake()


def _forget(session: Session) -> None:
    session.info.pop("wakes", None)
