"""Access to the desk: by a key of scope `desk`, or by a session that began with one."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import Request
from sqlalchemy import delete, func, insert, select
from sqlmodel import Session

from shared.countries import DEFAULT
from shared.crypto import hash_secret
from shared.desk.tables import desk_sessions
from shared.errors import Forbidden, Problem, Unauthorized
from shared.security import keystore
from shared.security.access import Access, BearerAccess, in_time, requires
from shared.security.keystore import ApiKey, Scope
from shared.security.tables import api_keys

LIFE = timedelta(hours=9)


def cookie(request: Request) -> str:
    """Return the cookie's name, one per service: they may share a host, and browsers keep cookies by host."""
    return f"weerzien_desk_{request.app.state.runtime.service}"


class SignInFirst(Problem):
    def __init__(self) -> None:
        super().__init__(
            303,
            "sign-in",
            "Sign in first",
            "This page is for the desk.",
            headers={"Location": "/desk/sign-in"},
        )


class DeskKey(BearerAccess):
    """Access to the desk's API: by the key itself. Raises Forbidden for a key that is not the centre's."""

    async def __call__(self, request: Request) -> ApiKey:
        key = await requires(Scope.DESK)(request)
        _the_centres(key)
        return key


class DeskSession(Access):
    """Access to the desk's pages: by a session. Raises SignInFirst without one."""

    def __call__(self, request: Request) -> str:
        """Return the name of the key that signed in."""
        token = request.cookies.get(cookie(request), "")
        with request.app.state.runtime.sessions() as session:
            name = signed_in(session, token) if token else None
        if name is None:
            raise SignInFirst
        request.state.desk_token = token
        return name


desk_key = DeskKey()
desk_session = DeskSession()


def _the_centres(key: ApiKey) -> None:
    """Raises Forbidden for a key of an organisation or of some facilities: the desk sees what is of all."""
    if not key.is_the_centres:
        raise Forbidden("The desk sees what all organisations sent, so it is for the centre's own keys.")


def sign_in(session: Session, key: str, *, at: datetime) -> str:
    """Begin a session of nine hours (machine time) for a key that may work at the desk; returns its token.

    Commits. Raises Unauthorized or Forbidden. Only the token's hash is stored.
    """
    owner = keystore.find(session, key.strip())
    if owner is None:
        raise Unauthorized("This key is not known here.")
    in_time(owner, at)
    if not owner.allows(Scope.DESK):
        raise Forbidden("This key is not meant for the desk.")
    _the_centres(owner)
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    session.execute(delete(desk_sessions).where(desk_sessions.c.expires_at < now))
    session.execute(
        insert(desk_sessions).values(
            token_hash=hash_secret(token),
            key_id=owner.id,
            name=owner.name,
            created_at=now,
            expires_at=now + LIFE,
        )
    )
    session.commit()
    return token


def signed_in(session: Session, token: str) -> str | None:
    """Return the name of the key with which this session began.

    Returns None if the session is over, or the key is revoked or past its last day.
    """
    today = datetime.now(ZoneInfo(DEFAULT.zone)).date()
    row = session.execute(
        select(desk_sessions.c.name)
        .join(api_keys, api_keys.c.id == desk_sessions.c.key_id)
        .where(
            desk_sessions.c.token_hash == hash_secret(token),
            desk_sessions.c.expires_at > datetime.now(UTC),
            api_keys.c.revoked_at.is_(None),
            func.coalesce(api_keys.c.until >= today, True),
        )
    ).one_or_none()
    return None if row is None else str(row.name)


def sign_out(session: Session, token: str) -> None:
    """End a session. Commits. Idempotent."""
    session.execute(delete(desk_sessions).where(desk_sessions.c.token_hash == hash_secret(token)))
    session.commit()
