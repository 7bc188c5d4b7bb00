"""Access to the desk: by a key of scope `desk`, or by a session that began with one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import Request
from sqlalchemy import delete, func, insert, select
from sqlmodel import Session

from shared.contact.text import plain
from shared.countries import DEFAULT
from shared.crypto import hash_secret
from shared.desk.tables import desk_sessions
from shared.errors import Forbidden, Problem, Unauthorized
from shared.security import keystore
from shared.security.access import Access, in_time, requires
from shared.security.keystore import Scope
from shared.security.tables import api_keys

LIFE = timedelta(hours=9)


@dataclass(frozen=True)
class Cookie:
    """The cookie of a session. At an https address a browser takes one of this name from nobody but us."""

    name: str
    path: str
    secure: bool


def cookie(request: Request) -> Cookie:
    """Return the service's own: they may share a host, and browsers keep cookies by host."""
    runtime = request.app.state.runtime
    name = f"weerzien_desk_{runtime.service}"
    if runtime.settings.public_url(runtime.service).startswith("https://"):
        return Cookie(f"__Host-{name}", "/", secure=True)
    return Cookie(name, "/desk", secure=False)


class SignInFirst(Problem):
    def __init__(self) -> None:
        super().__init__(
            303,
            "sign-in",
            "Sign in first",
            "This page is for the desk.",
            headers={"Location": "/desk/sign-in"},
        )


class DeskSession(Access):
    """Access to the desk's pages: by a session. Raises SignInFirst without one."""

    def __call__(self, request: Request) -> str:
        """Return the name of the key that signed in."""
        token = request.cookies.get(cookie(request).name, "")
        with request.app.state.runtime.sessions() as session:
            name = signed_in(session, token) if token else None
        if name is None:
            raise SignInFirst
        request.state.desk_token = token
        return name


# To the desk's API: by the key itself, which is the centre's own (see `ApiKey.allows`).
desk_key = requires(Scope.DESK)
desk_session = DeskSession()


def sign_in(session: Session, key: str, *, at: datetime) -> str:
    """Begin a session of nine hours (machine time) for a key that may work at the desk; returns its token.

    Commits. Raises Unauthorized or Forbidden. Only the token's hash is stored.
    """
    owner = keystore.find(session, "".join(plain(key).split()))
    if owner is None:
        raise Unauthorized("This key is not known here.")
    in_time(owner, at)
    if not owner.allows(Scope.DESK):
        raise Forbidden("This key is not meant for the desk.")
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
