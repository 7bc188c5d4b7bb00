"""Planning a message, and voiding it. The caller commits, together with the cause."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col

from services.notify.channels.port import ChannelName
from services.notify.messages.purposes import ROWS
from services.notify.messages.tables import Message, MessageState, Purpose
from shared.database.at_once import InsertAtOnce
from shared.ids import new_id
from shared.messaging import wake_after_commit

insert_unless_known = InsertAtOnce(Message.__table__, unless_known="dedupe_key")  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Wanted:
    """A message to plan. `due_at` and `not_after` are business time; `to` is only for a bare number.

    The purpose decides the kind of recipient. `channel` and `language` are what is known now; their owner is
    asked again at sending.
    """

    purpose: Purpose
    cause_id: UUID
    recipient_id: UUID
    channel: ChannelName
    language: str
    due_at: datetime
    dedupe_key: str
    request_id: UUID | None = None
    not_after: datetime | None = None
    windowed: bool = True
    visit_version: int | None = None
    to: str | None = None
    # A person at the desk sends it, so it waits for no ceiling.
    by_desk: bool = False


def want(session: Session, wanted: Wanted, *, at: datetime) -> UUID | None:
    """Plan a message and return its id, or None if one with this `dedupe_key` exists. Idempotent."""
    return next(iter(want_all(session, [wanted], at=at)), None)


def want_all(session: Session, wanted: Sequence[Wanted], *, at: datetime) -> set[UUID]:
    """Plan several messages in one statement and return the ids of those that are new."""
    # Sorted, so that no two transactions that plan the same messages deadlock.
    rows = [_row(one, at) for one in sorted(wanted, key=lambda one: one.dedupe_key)]
    if any(one.due_at <= at for one in wanted):
        wake_after_commit(session)
    return insert_unless_known(session, rows)


def _row(wanted: Wanted, at: datetime) -> dict[str, Any]:
    return vars(wanted) | {
        "id": new_id(),
        "recipient_kind": ROWS[wanted.purpose].to,
        "state": MessageState.PLANNED,
        "created_at": at,
        "fence": 0,
        "attempt_count": 0,
    }


def void(
    session: Session,
    causes: UUID | Collection[UUID],
    *,
    reason: str,
    purposes: Collection[Purpose] | None = None,
) -> int:
    """Void the planned messages of these causes, advice requests or recipients, and return how many.

    A message that has begun is not touched.
    """
    ids = [causes] if isinstance(causes, UUID) else causes
    about = (
        col(Message.cause_id).in_(ids) | col(Message.request_id).in_(ids) | col(Message.recipient_id).in_(ids)
    )
    if purposes is not None:
        about &= col(Message.purpose).in_(purposes)
    return _void(session, about, reason)


def _void(session: Session, about: ColumnElement[bool], reason: str) -> int:
    planned = update(Message).where(about, col(Message.state) == MessageState.PLANNED)
    gone = session.execute(
        planned.values(state=MessageState.VOID, reason=reason, leased_until=None).returning(col(Message.id))
    )
    return len(gone.all())
