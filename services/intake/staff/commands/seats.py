"""Sessions in use: looked at with each request, ended."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlmodel import Session

from services.intake.staff import sessions
from services.intake.staff.rules import SEEN_EVERY, Signed, is_over, is_stepped_up
from services.intake.staff.tables import Role
from shared.audit import record


def signed_in(session: Session, token: str, *, in_use: bool = True) -> Signed | None:
    """Return who is signed in with this token, and note that the session is in use. Commits that.

    Not `in_use`: a page asks by itself, and nobody may be sitting there.
    """
    found, now = sessions.find(session, token) if token else None, datetime.now(UTC)
    if found is None or is_over(found[0], now):
        return None
    mine, person = found
    if in_use and now - mine.seen_at >= SEEN_EVERY:
        mine.seen_at = now
    signed = Signed(
        person.id,
        person.name,
        frozenset(Role(role) for role in person.roles),
        mine.id,
        token,
        is_stepped_up(mine, now),
    )
    session.commit()
    return signed


def sign_out(session: Session, signed: Signed, *, at: datetime) -> None:
    """End this session. Idempotent."""
    sessions.end(session, signed.token)
    record(session, f"staff:{signed.id}", "sign-out", f"staff:{signed.id}", at=at)
    session.commit()


def end_session(session: Session, signed: Signed, session_id: UUID, *, at: datetime) -> None:
    """End one of one's own sessions, wherever it is. Idempotent."""
    sessions.end_one(session, signed.id, session_id)
    record(session, f"staff:{signed.id}", "session.end", f"session:{session_id}", at=at)
    session.commit()


def end_others(session: Session, signed: Signed, *, at: datetime) -> None:
    """End all of one's sessions but this one. Idempotent."""
    sessions.end_all(session, signed.id, but=signed.session_id)
    record(session, f"staff:{signed.id}", "session.end-others", f"staff:{signed.id}", at=at)
    session.commit()
