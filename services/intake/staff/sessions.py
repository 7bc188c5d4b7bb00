"""Sessions of people who work here: on the server, so that each can be ended from elsewhere."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import Session, col

from services.intake.staff.rules import LONGEST
from services.intake.staff.tables import Person, StaffSession
from shared.crypto import hash_secret
from shared.members import sessions


def begin(session: Session, person: Person, *, means: str, browser: str = "", stepped_up: bool = True) -> str:
    """Begin a session for somebody who has just proved who they are, and return its token.

    Does not commit. `means` says how they proved it (`passkey`, `password`, `oidc`, `link`), and `browser`
    what the browser calls itself, for the list of one's own sessions.
    """
    since = datetime.now(UTC) if stepped_up else None
    return sessions.begin(
        session, StaffSession, person.id, lasts=LONGEST, browser=browser, means=means, stepped_up_at=since
    )


def find(session: Session, token: str) -> tuple[StaffSession, Person] | None:
    """Return the session with this token and whose it is; None if there is none or they are disabled."""
    row = session.execute(
        select(StaffSession, Person)
        .join(Person, col(Person.id) == col(StaffSession.person_id))
        .where(col(StaffSession.token_hash) == hash_secret(token), col(Person.disabled_at).is_(None))
    ).one_or_none()
    return (row[0], row[1]) if row else None


def prove_again(session: Session, session_id: UUID) -> str:
    """Note that the person proved again that it is they; return the session's new token, the old one ends.

    Does not commit.
    """
    token = secrets.token_urlsafe(32)
    session.execute(
        update(StaffSession)
        .where(col(StaffSession.id) == session_id)
        .values(token_hash=hash_secret(token), stepped_up_at=datetime.now(UTC))
    )
    return token


def end(session: Session, token: str) -> None:
    """End one session. Does not commit. Idempotent."""
    sessions.end(session, StaffSession, token)


def end_one(session: Session, person_id: UUID, session_id: UUID) -> None:
    """End one session of this person. Does not commit. Idempotent."""
    sessions.end_one(session, StaffSession, person_id, session_id)


def end_all(session: Session, person_id: UUID, *, but: UUID | None = None) -> None:
    """End every session of a person, but for one if it is given. Does not commit. Idempotent."""
    sessions.end_all(session, StaffSession, person_id, but=but)
