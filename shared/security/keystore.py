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
    """A new key: 64 bits to find it by, 256 bits that nobody can guess."""
    return f"wz_{secrets.token_hex(8)}_{secrets.token_urlsafe(32)}"


def split(key: str) -> tuple[str, str] | None:
    """Id and secret, or nothing where it is not a key of ours."""
    parts = key.split("_", 2)
    return (parts[1], parts[2]) if len(parts) == 3 and parts[0] == "wz" and all(parts) else None


def store(session: Session, key: str, name: str, scopes: Iterable[str]) -> None:
    """Keep the key's hash in this session's schema. The same key again brings name and scopes up to date."""
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


def known(session: Session) -> list[dict[str, Any]]:
    """Every key of this schema: id, name, scopes, when it was made and, where it was, revoked."""
    shown = ("id", "name", "scopes", "created_at", "revoked_at")
    rows = session.execute(select(*(api_keys.c[name] for name in shown)).order_by(api_keys.c.created_at))
    return [dict(row._mapping) for row in rows]


def revoke(session: Session, key_id: str) -> bool:
    """From now on this key opens nothing, and what it began at the desk is over; false where it is not known.

    Twice is as once. A process that used it just now believes it for five seconds more.
    """
    found = session.execute(
        update(api_keys)
        .where(api_keys.c.id == key_id)
        .values(revoked_at=func.coalesce(api_keys.c.revoked_at, func.clock_timestamp()))
        .returning(api_keys.c.id)
    )
    return found.first() is not None


def ensure_key(database_url: str, service: str, key: str, name: str, scopes: Iterable[str]) -> None:
    """Store a key in one service's schema, in a transaction of its own. Twice is as once."""
    engine = make_engine(database_url, service, pool_size=1)
    with Session(engine) as session:
        store(session, key, name, scopes)
        session.commit()
    engine.dispose()


REMEMBER_SECONDS, REMEMBER_AT_MOST = 5.0, 1000
_remembered: dict[tuple[int, bytes], tuple[float, ApiKey]] = {}


def remembered(sessions: sessionmaker[Any], key: str) -> ApiKey | None:
    """A key that was right in the last five seconds, without looking it up again.

    So a revoked key still opens for at most that long. Keys that were wrong are not remembered.
    """
    at, found = _remembered.get((id(sessions), hash_secret(key)), (0.0, None))
    return found if monotonic() - at < REMEMBER_SECONDS else None


def look_up(sessions: sessionmaker[Any], key: str) -> ApiKey | None:
    """As `find`, in a transaction of its own; a key that is right is remembered."""
    with sessions() as session:
        found = find(session, key)
    if found is not None:
        if len(_remembered) >= REMEMBER_AT_MOST:
            _remembered.clear()
        _remembered[id(sessions), hash_secret(key)] = (monotonic(), found)
    return found


def find(session: Session, key: str) -> ApiKey | None:
    """The key's owner, or nothing where the key is unknown, wrong or revoked."""
    parts = split(key)
    if parts is None or "\x00" in key:
        return None
    row = session.execute(
        select(api_keys).where(api_keys.c.id == parts[0], api_keys.c.revoked_at.is_(None))
    ).one_or_none()
    if row is None or not equal(row.secret_hash, hash_secret(parts[1])):
        return None
    return ApiKey(row.id, row.name, frozenset(row.scopes))
