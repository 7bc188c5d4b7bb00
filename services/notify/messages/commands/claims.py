"""Leasing messages that are due. The dispatcher commits, then publishes the ids.

A lease is in the database server's time and lasts a minute; a message not finished by then is claimed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, Integer, Table, bindparam, func, literal_column, select, update
from sqlmodel import Session, col

from services.notify.messages.tables import PLANNED_FIRST, Attempt, AttemptState, Message, MessageState
from shared.database.columns import UtcDateTime
from shared.messaging.work import LEASE

INTERRUPTED = "interrupted"


def claim_due(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lease planned messages that are due at `now`. The new fence tells this claim from any earlier one."""
    return session.execute(CLAIM_DUE, {"now": now, "limit": limit}).scalars().all()


def claim_first(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lease, as `claim_due`, those alone that go before all others."""
    return session.execute(CLAIM_FIRST, {"now": now, "limit": limit}).scalars().all()


def claim_unknown(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lease messages that may be on their way and should be looked for at the provider.

    First marks as unknown those whose call began and whose lease ran out before its end was recorded.
    """
    _give_up_on_interrupted(session, now, limit)
    return session.execute(CLAIM_UNKNOWN, {"now": now, "limit": limit}).scalars().all()


def _give_up_on_interrupted(session: Session, now: datetime, limit: int) -> None:
    ids = session.execute(GIVE_UP, {"now": now, "limit": limit}).scalars().all()
    if ids:
        session.execute(
            update(Attempt)
            .where(col(Attempt.message_id).in_(ids), col(Attempt.state) == AttemptState.IN_FLIGHT)
            .values(state=AttemptState.UNKNOWN, error_code=INTERRUPTED)
        )


def _chosen(state: MessageState, order: Any, *also: ColumnElement[bool]) -> Any:
    lease = MESSAGES.c.leased_until
    free = lease.is_(None) | (lease < func.clock_timestamp())
    return MESSAGES.c.id.in_(
        select(MESSAGES.c.id)
        .where(MESSAGES.c.state == state, free, *also)
        .order_by(order)
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(skip_locked=True)
    )


def _claim(state: MessageState, order: Any, *also: ColumnElement[bool], **values: Any) -> Any:
    chosen = _chosen(state, order, order <= NOW, *also)
    lease = func.clock_timestamp() + LEASE
    return update(MESSAGES).where(chosen).values(leased_until=lease, **values).returning(MESSAGES.c.id)


# The dispatcher runs these many times a second, so they are built once.
MESSAGES: Table = Message.__table__  # type: ignore[attr-defined]
NOW = bindparam("now", type_=UtcDateTime())
GOES_FIRST: ColumnElement[bool] = literal_column(PLANNED_FIRST, Boolean)
CLAIM_FIRST = _claim(MessageState.PLANNED, MESSAGES.c.due_at, GOES_FIRST, fence=MESSAGES.c.fence + 1)
CLAIM_DUE = _claim(MessageState.PLANNED, MESSAGES.c.due_at, fence=MESSAGES.c.fence + 1)
CLAIM_UNKNOWN = _claim(MessageState.UNKNOWN, MESSAGES.c.look_at)
GIVE_UP = (
    update(MESSAGES)
    .where(_chosen(MessageState.IN_FLIGHT, MESSAGES.c.leased_until))
    .values(state=MessageState.UNKNOWN, reason=INTERRUPTED, unknown_at=NOW, look_at=NOW, leased_until=None)
    .returning(MESSAGES.c.id)
)
