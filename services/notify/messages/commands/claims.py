"""Leasing messages that have work to be done. The dispatcher commits, then publishes the ids.

A lease is in the database server's time and lasts a minute; what nobody finished is claimed again after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlmodel import Session, col

from services.notify.messages.tables import Attempt, AttemptState, Message, MessageState
from shared.messaging.work import LEASE

INTERRUPTED = "interrupted"


def claim_due(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Planned messages that are due. The fence tells this claim from any earlier one."""
    due = (col(Message.state) == MessageState.PLANNED) & (col(Message.due_at) <= now) & _free()
    return _lease(session, due, col(Message.due_at), limit, fence=col(Message.fence) + 1)


def claim_unknown(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Messages that may be on their way and should be looked for at the provider.

    A call that was begun and whose end nobody wrote down is one of them from here on.
    """
    _give_up_on_interrupted(session, now, limit)
    unsure = (col(Message.state) == MessageState.UNKNOWN) & (col(Message.look_at) <= now) & _free()
    return _lease(session, unsure, col(Message.look_at), limit)


def _give_up_on_interrupted(session: Session, now: datetime, limit: int) -> None:
    lost = (col(Message.state) == MessageState.IN_FLIGHT) & _free()
    chosen = _chosen(lost, col(Message.leased_until), limit)
    given_up = session.execute(
        update(Message)
        .where(col(Message.id).in_(chosen))
        .values(
            state=MessageState.UNKNOWN, reason=INTERRUPTED, unknown_at=now, look_at=now, leased_until=None
        )
        .returning(col(Message.id))
    )
    ids = given_up.scalars().all()
    if ids:
        session.execute(
            update(Attempt)
            .where(col(Attempt.message_id).in_(ids), col(Attempt.state) == AttemptState.IN_FLIGHT)
            .values(state=AttemptState.UNKNOWN, error_code=INTERRUPTED)
        )


def _free() -> ColumnElement[bool]:
    lease = col(Message.leased_until)
    return lease.is_(None) | (lease < func.clock_timestamp())


def _chosen(which: ColumnElement[bool], order: Any, limit: int) -> Any:
    return select(col(Message.id)).where(which).order_by(order).limit(limit).with_for_update(skip_locked=True)


def _lease(
    session: Session, which: ColumnElement[bool], order: Any, limit: int, **values: Any
) -> Sequence[UUID]:
    leased = session.execute(
        update(Message)
        .where(col(Message.id).in_(_chosen(which, order, limit)))
        .values(leased_until=func.clock_timestamp() + LEASE, **values)
        .returning(col(Message.id))
    )
    return leased.scalars().all()
