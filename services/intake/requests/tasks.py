from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, Table, bindparam, func, select, update
from sqlmodel import Session

from services.intake.requests import commands, commands_marking
from services.intake.requests.tables import AdviceRequest
from shared.database.columns import UtcDateTime
from shared.messaging import DueWork
from shared.messaging.work import LEASE
from shared.runtime import Runtime

REQUESTS: Table = AdviceRequest.__table__  # type: ignore[attr-defined]
# The dispatcher runs this many times a second, so it is built once.
DUE_NOW = (
    select(REQUESTS.c.id)
    .where(
        REQUESTS.c.doubted_at <= bindparam("now", type_=UtcDateTime()),
        REQUESTS.c.leased_until.is_(None) | (REQUESTS.c.leased_until < func.clock_timestamp()),
    )
    .order_by(REQUESTS.c.doubted_at)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True)
)
CLAIM = (
    update(REQUESTS)
    .where(REQUESTS.c.id.in_(DUE_NOW))
    .values(leased_until=func.clock_timestamp() + LEASE)
    .returning(REQUESTS.c.id)
)


def claim_unproven(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lease advice requests that nobody has proven in time, and return their ids."""
    return session.execute(CLAIM, {"now": now, "limit": limit}).scalars().all()


def doubt(runtime: Runtime, ids: Sequence[UUID]) -> None:
    """Leave each of these to a person, in a transaction of its own."""
    for request_id in ids:
        with runtime.sessions() as session:
            commands.doubt(session, request_id, at=runtime.clock.now())


def seal_keys(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Seal keys that the version before kept as they were sent; it is done here, and no worker is told."""
    commands.seal_keys(session, limit)
    return []


def mark(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Let what the version before wrote be found; it is done here, and no worker is told."""
    commands_marking.mark(session, limit)
    return []


def nothing(runtime: Runtime, ids: Sequence[UUID]) -> None:
    """There is never anything left to do."""


DUE = (
    DueWork("intake.requests.doubt", claim_unproven, doubt),
    DueWork("intake.requests.seal", seal_keys, nothing),
    DueWork("intake.requests.mark", mark, nothing),
)
