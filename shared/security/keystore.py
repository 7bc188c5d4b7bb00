"""API keys: `wz_<id>_<secret>`, shown once, stored as a hash in the schema of every service."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from shared.clock import monotonic
from shared.crypto import equal, hash_secret
from shared.database.engine import make_engine
from shared.security.tables import api_keys


class Scope(StrEnum):
    REQUESTS_WRITE = "requests:write"
    REQUESTS_READ = "requests:read"
    REFERRALS_READ = "referrals:read"
    DESK = "desk"
    VISITS_WRITE = "visits:write"
    MESSAGES_READ = "messages:read"
    OPERATOR = "operator"


@dataclass(frozen=True)
class ApiKey:
    id: str
    name: str
    scopes: frozenset[str]

    def allows(self, scope: str) -> bool:
        return scope in self.scopes or Scope.OPERATOR in self.scopes


def make_key() -> str:
    """Return a new key: 64 bits to find it by, and 256 bits that cannot be guessed."""
    return f"wz_{secrets.token_hex(8)}_{secrets.token_urlsafe(32)}"


def split(key: str) -> tuple[str, str] | None:
    """Return the id and the secret of a key, or None if it does not have the form of our keys."""
    parts = key.split("_", 2)
    return (parts[1], parts[2]) if len(parts) == 3 and parts[0] == "wz" and all(parts) else None


def store(session: Session, key: str, name: str, scopes: Iterable[str]) -> None:
    """Keep the key's hash in this session's schema; the same key again updates its name and scopes.

    Does not commit. Raises ValueError if it is not an API key or a scope is unknown.
    """
    parts = split(key)
    if parts is None:
        raise ValueError("not an API key")
    row = {
        "id": parts[0],
        "name": name,
        "scopes": sorted(Scope(scope).value for scope in scopes),
        "secret_hash": hash_secret(parts[1]),
        "created_at": datetime.now(UTC),
    }
    statement = insert(api_keys).values(row)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_={k: statement.excluded[k] for k in ("name", "scopes", "secret_hash")}
        )
    )


def list_keys(session: Session) -> list[dict[str, Any]]:
    """Return every key of this schema: id, name, scopes, `created_at`, and `revoked_at` if it was revoked."""
    shown = ("id", "name", "scopes", "created_at", "revoked_at")
    rows = session.execute(select(*(api_keys.c[name] for name in shown)).order_by(api_keys.c.created_at))
    return [dict(row._mapping) for row in rows]


def revoke(session: Session, key_id: str) -> bool:
    """Revoke a key and end the desk sessions that began with it; returns False if the key is unknown.

    Idempotent. Does not commit. A process that has just used the key accepts it for five seconds more.
    """
    revoked = session.execute(
        update(api_keys)
        .where(api_keys.c.id == key_id)
        .values(revoked_at=func.coalesce(api_keys.c.revoked_at, func.clock_timestamp()))
        .returning(api_keys.c.id)
    )
    return revoked.first() is not None


def ensure_key(database_url: str, service: str, key: str, name: str, scopes: Iterable[str]) -> None:
    """Store a key in one service's schema, in a transaction of its own. Idempotent."""
    engine = make_engine(database_url, service, pool_size=1)
    with Session(engine) as session:
        store(session, key, name, scopes)
        session.commit()
    engine.dispose()


REMEMBER_SECONDS, REMEMBER_AT_MOST = 5.0, 1000
_remembered: dict[tuple[int, bytes], tuple[float, ApiKey]] = {}


def remembered(sessions: sessionmaker[Any], key: str) -> ApiKey | None:
    """Return a key that was accepted in the last five seconds, without looking it up again, or None.

    So a revoked key is still accepted for at most that long. Wrong keys are not remembered.
    """
    at, owner = _remembered.get((id(sessions), hash_secret(key)), (0.0, None))
    return owner if monotonic() - at < REMEMBER_SECONDS else None


def look_up(sessions: sessionmaker[Any], key: str) -> ApiKey | None:
    """Like `find`, in a transaction of its own; remembers a key that is right."""
    with sessions() as session:
        owner = find(session, key)
    if owner is not None:
        if len(_remembered) >= REMEMBER_AT_MOST:
            _remembered.clear()
        _remembered[id(sessions), hash_secret(key)] = (monotonic(), owner)
    return owner


def find(session: Session, key: str) -> ApiKey | None:
    """Return the key's owner, or None if the key is unknown, wrong or revoked."""
    parts = split(key)
    if parts is None or "\x00" in key:
        return None
    row = session.execute(
        select(api_keys).where(api_keys.c.id == parts[0], api_keys.c.revoked_at.is_(None))
    ).one_or_none()
    if row is None or not equal(row.secret_hash, hash_secret(parts[1])):
        return None
    return ApiKey(row.id, row.name, frozenset(row.scopes))
