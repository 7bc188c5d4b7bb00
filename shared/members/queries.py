"""Members and their sessions, as commands and pages look them up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from shared.crypto import blind_index, hash_secret
from shared.errors import NotFound
from shared.members.rules import IDLE
from shared.members.tables import LinkRow, Members, SessionRow


def index_of(members: Members, email: str) -> bytes:
    """Return the fingerprint of an address in its normal form."""
    return blind_index(f"{members.kind}.email", email)


def by_email(session: Session, members: Members, email: str) -> Any:
    """Return who has this address, also somebody who was let go; None if nobody has."""
    index = index_of(members, email)
    return session.scalars(
        select(members.member).where(col(members.member.email_index) == index)
    ).one_or_none()


def one(session: Session, members: Members, member_id: UUID) -> Any:
    """Raises NotFound."""
    found = session.get(members.member, member_id)
    if found is None:
        raise NotFound("There is nobody with this id.")
    return found


def everybody(session: Session, members: Members) -> Sequence[Any]:
    """Return all members, those who were let go last, in the order in which they were added."""
    row = members.member
    return session.scalars(
        select(row).order_by(col(row.disabled_at).is_not(None), col(row.created_at), col(row.id))
    ).all()


def live_link(session: Session, members: Members, token: str) -> tuple[LinkRow, Any] | None:
    """Return the link with this token and whose it is, while it lets somebody in. Changes nothing."""
    link, member = members.link, members.member
    row = session.execute(
        select(link, member)
        .join(member, col(member.id) == col(link.person_id))
        .where(
            col(link.token_hash) == hash_secret(token),
            col(link.used_at).is_(None),
            col(link.ends_at) > datetime.now(UTC),
            col(member.disabled_at).is_(None),
        )
    ).one_or_none()
    return (row[0], row[1]) if row else None


def live_session(session: Session, members: Members, token: str) -> tuple[SessionRow, Any] | None:
    """Return the session with this token and whose it is; None if there is none, or they were let go."""
    kept, member = members.session, members.member
    row = session.execute(
        select(kept, member)
        .join(member, col(member.id) == col(kept.person_id))
        .where(col(kept.token_hash) == hash_secret(token), col(member.disabled_at).is_(None))
    ).one_or_none()
    return (row[0], row[1]) if row else None


def sessions_of(session: Session, members: Members, member_id: UUID) -> Sequence[SessionRow]:
    """Return the sessions of a member that are not over, the one used last first."""
    kept, now = members.session, datetime.now(UTC)
    return session.scalars(
        select(kept)
        .where(col(kept.person_id) == member_id, col(kept.ends_at) > now, col(kept.seen_at) > now - IDLE)
        .order_by(col(kept.seen_at).desc(), col(kept.id))
    ).all()
