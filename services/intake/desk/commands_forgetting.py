"""What was noted beside items of people who were erased elsewhere goes as well."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from services.intake.desk.rules import COMPARE_EVERY
from services.intake.desk.tables import DeskMark, DeskNote, DeskWatch
from shared.desk.items import ERASED
from shared.desk.tables import work_items
from shared.events.desk import AT_MOST


def look_again(session: Session, *, at: datetime) -> None:
    """Have the other services asked soon, because somebody was erased. Does not commit."""
    session.execute(update(DeskWatch).values(notes_due_at=at, due_at=at))


def noted(session: Session, service: str, *, at: datetime, after: UUID | None = None) -> Sequence[UUID]:
    """Return items of this service beside which something was noted, if it is time to ask about them."""
    due = select(col(DeskWatch.id)).where(
        col(DeskWatch.service) == service,
        col(DeskWatch.notes_due_at).is_(None) | (col(DeskWatch.notes_due_at) <= at),
    )
    items = select(col(DeskNote.item_id)).where(col(DeskNote.service) == service, due.exists()).distinct()
    if after is not None:
        items = items.where(col(DeskNote.item_id) > after)
    return session.scalars(items.order_by(col(DeskNote.item_id)).limit(AT_MOST)).all()


def forget(session: Session, service: str, items: Sequence[UUID]) -> None:
    """Delete what was noted beside these items, whose person was erased. Commits. Idempotent."""
    for table in (DeskNote, DeskMark):
        session.execute(delete(table).where(col(table.service) == service, col(table.item_id).in_(items)))
    session.commit()


def compared(session: Session, service: str, *, at: datetime) -> None:
    """Note that this service was asked about all of them. Commits."""
    asked = update(DeskWatch).where(col(DeskWatch.service) == service)
    session.execute(asked.values(notes_due_at=at + COMPARE_EVERY))
    session.commit()


def forget_own(session: Session) -> int:
    """Delete what was noted beside items of our own whose person was erased. Does not commit. Idempotent."""
    theirs = select(work_items.c.id).where(work_items.c.dedupe_key.startswith(ERASED))
    gone = delete(DeskNote).where(col(DeskNote.service) == "intake", col(DeskNote.item_id).in_(theirs))
    return len(session.execute(gone.returning(col(DeskNote.id))).all())
