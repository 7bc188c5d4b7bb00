"""Sessions on the server, so that each can be ended from elsewhere. Nothing here commits."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col

from shared.crypto import hash_secret
from shared.members.tables import SessionRow

LONGEST_BROWSER = 120
Rows = type[SessionRow]


def begin(
    session: Session, rows: Rows, person_id: UUID, *, lasts: timedelta, browser: str = "", **more: Any
) -> str:
    """Begin a session for somebody who has just proved who they are, and return its token.

    `browser` is what it is called in the list of one's own sessions; `more` are other columns of the table.
    """
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    session.execute(delete(rows).where(col(rows.ends_at) < now))
    session.add(
        rows(
            token_hash=hash_secret(token),
            person_id=person_id,
            began_at=now,
            seen_at=now,
            ends_at=now + lasts,
            browser=browser[:LONGEST_BROWSER],
            **more,
        )
    )
    return token


def end(session: Session, rows: Rows, token: str) -> None:
    """End one session. Idempotent."""
    session.execute(delete(rows).where(col(rows.token_hash) == hash_secret(token)))


def end_one(session: Session, rows: Rows, person_id: UUID, session_id: UUID) -> None:
    """End one session of this person. Idempotent."""
    session.execute(delete(rows).where(col(rows.person_id) == person_id, col(rows.id) == session_id))


def end_all(session: Session, rows: Rows, person_id: UUID, *, but: UUID | None = None) -> None:
    """End every session of a person, but for one if it is given. Idempotent."""
    ending = delete(rows).where(col(rows.person_id) == person_id)
    session.execute(ending if but is None else ending.where(col(rows.id) != but))
