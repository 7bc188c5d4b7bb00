"""Announces events: each becomes a row in the same transaction as what it tells of."""

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

# The events and a delivery for each of their subscribers, in one statement however many events there are.
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
    """An event and its moment; without ids of its own it takes those of the work in hand (see telemetry)."""

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
    """Like `announce_all`, for one event; returns its id."""
    return announce_all(session, [Announcement(payload, at, correlation_id, causation_id)])[0]


def announce_all(session: Session, announcements: Sequence[Announcement]) -> list[UUID]:
    """Write the events, and a delivery for each subscriber, in this transaction; returns the events' ids.

    Does not commit, and publishes nothing itself: after a rollback the events do not exist. The commit wakes
    the dispatcher; if that fails, its sweep finds the rows. Delivery is at least once: consumers have an
    inbox.
    """
    rows = [_row(announcement) for announcement in announcements]
    session.execute(ANNOUNCE, {"rows": as_json(rows)})
    wake_after_commit(session)
    return [row["id"] for row in rows]


def _row(announcement: Announcement) -> dict[str, Any]:
    payload = announcement.payload
    return {
        "id": new_id(),
        "type": payload.event_type(),
        "subject": payload.subject,
        "data": payload.model_dump(mode="json", by_alias=True),
        "at": announcement.at,
        "correlation_id": announcement.correlation_id or telemetry.correlation_id.get(),
        "causation_id": announcement.causation_id or telemetry.causation_id.get(),
        "subscribers": payload.subscribers,
    }


def wake_after_commit(session: Session) -> None:
    """Wake the dispatcher once this transaction is committed. Idempotent."""
    if not session.info.get("wakes"):
        session.info["wakes"] = True
        event.listen(session, "after_commit", _wake, once=True)
        event.listen(session, "after_rollback", _forget, once=True)


def _wake(session: Session) -> None:
    session.info.pop("wakes", None)
    waker_for(engine_for_threads(session)).wake()


def _forget(session: Session) -> None:
    session.info.pop("wakes", None)
