"""API keys: `wz_<id>_<secret>`, shown once, stored as a hash in the schema of every service."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from shared.clock import monotonic
from shared.countries import DEFAULT
from shared.crypto import equal, hash_secret
from shared.database.engine import make_engine
from shared.security import allowance
from shared.security.allowance import Ceilings
from shared.security.tables import api_keys


class Scope(StrEnum):
    REQUESTS_WRITE = "requests:write"
    REQUESTS_READ = "requests:read"
    REFERRALS_READ = "referrals:read"
    DESK = "desk"
    VISITS_WRITE = "visits:write"
    MESSAGES_READ = "messages:read"
    TELEPHONE = "telephone"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Owner:
    """Whose a key is: an organisation, and for visits the facilities; by default the centre's own.

    `until` is the last day on which it opens anything. Ceilings that are None are those of every key.
    """

    organisation: str | None = None
    facilities: frozenset[str] = frozenset()
    until: date | None = None
    per_hour: int | None = None
    per_day: int | None = None


THE_CENTRE = Owner()


@dataclass(frozen=True)
class ApiKey:
    id: str
    name: str
    scopes: frozenset[str]
    owner: Owner = THE_CENTRE

    def allows(self, scope: str) -> bool:
        """Whether it may do this. The desk sees everybody, so it is for the centre's own keys alone."""
        if scope == Scope.DESK and not self.is_the_centres:
            return False
        return scope in self.scopes or Scope.OPERATOR in self.scopes

    @property
    def is_the_centres(self) -> bool:
        """Whether it is the centre's own, rather than that of an organisation or of some facilities."""
        return Scope.OPERATOR in self.scopes or not (self.owner.organisation or self.owner.facilities)

    @property
    def facilities(self) -> frozenset[str] | None:
        """The facilities whose visits it reaches; None for those of all.

        A key that publishes visits and names no facility reaches none: it would be everybody's.
        """
        if Scope.OPERATOR in self.scopes:
            return None
        publishes = Scope.VISITS_WRITE in self.scopes and Scope.DESK not in self.scopes
        return self.owner.facilities if publishes or not self.is_the_centres else None

    @property
    def ceilings(self) -> Ceilings | None:
        """How much it may do; None if there is no ceiling."""
        if Scope.OPERATOR in self.scopes:
            return None
        usual = allowance.UNLESS_SAID
        return Ceilings(self.owner.per_hour or usual.per_hour, self.owner.per_day or usual.per_day)

    def is_over(self, at: datetime) -> bool:
        """Whether its last day has passed, by the calendar where the centre is."""
        return self.owner.until is not None and at >= _end_of(self.owner.until)


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(DEFAULT.zone))


def make_key() -> str:
    """Return a new key: 64 bits to find it by, and 256 bits that cannot be guessed."""
    return f"wz_{secrets.token_hex(8)}_{secrets.token_urlsafe(32)}"


def split(key: str) -> tuple[str, str] | None:
    """Return the id and the secret of a key, or None if it does not have the form of our keys."""
    parts = key.split("_", 2)
    return (parts[1], parts[2]) if len(parts) == 3 and parts[0] == "wz" and all(parts) else None


def store(session: Session, key: str, name: str, scopes: Iterable[str], owner: Owner = THE_CENTRE) -> None:
    """Keep the key's hash in this session's schema; the same key again updates all that is told of it.

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
        **vars(owner),
        "facilities": sorted(owner.facilities) or None,
    }
    statement = insert(api_keys).values(row)
    told = row.keys() - {"id", "created_at"}
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_={name: statement.excluded[name] for name in told}
        )
    )


def list_keys(session: Session) -> list[dict[str, Any]]:
    """Return every key of this schema with all that is kept of it but its hash, the oldest first."""
    shown = [column for column in api_keys.c if column.name != "secret_hash"]
    rows = session.execute(select(*shown).order_by(api_keys.c.created_at))
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


def ensure_key(
    database_url: str,
    service: str,
    key: str,
    name: str,
    scopes: Iterable[str],
    owner: Owner = THE_CENTRE,
) -> None:
    """Store a key in one service's schema, in a transaction of its own. Idempotent."""
    engine = make_engine(database_url, service, pool_size=1)
    with Session(engine) as session:
        store(session, key, name, scopes, owner)
        session.commit()
    engine.dispose()


# At most once a minute, however often a key is looked up.
NOTE_USE = (
    update(api_keys)
    .where(
        api_keys.c.id == bindparam("used"),
        func.coalesce(api_keys.c.last_used_at < func.clock_timestamp() - timedelta(minutes=1), True),
    )
    .values(last_used_at=func.clock_timestamp())
)
REMEMBER_SECONDS, REMEMBER_AT_MOST = 5.0, 1000
_remembered: dict[tuple[int, bytes], tuple[float, ApiKey]] = {}


def remembered(sessions: sessionmaker[Any], key: str) -> ApiKey | None:
    """Return a key that was accepted in the last five seconds, without looking it up again, or None.

    So a revoked key is still accepted for at most that long. Wrong keys are not remembered.
    """
    at, owner = _remembered.get((id(sessions), hash_secret(key)), (0.0, None))
    return owner if monotonic() - at < REMEMBER_SECONDS else None


def look_up(sessions: sessionmaker[Any], key: str) -> ApiKey | None:
    """Like `find`, in a transaction of its own; remembers a key that is right.

    Notes that it was used: here, so that no request needs a statement for it.
    """
    with sessions() as session:
        owner = find(session, key)
        if owner is not None:
            session.execute(NOTE_USE, {"used": owner.id})
            session.commit()
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
    whose = Owner(row.organisation, frozenset(row.facilities or ()), row.until, row.per_hour, row.per_day)
    return ApiKey(row.id, row.name, frozenset(row.scopes), whose)
