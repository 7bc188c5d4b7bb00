"""What a child erases itself. Each command is one transaction, which it commits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from services.intake.children import erasing, queries
from services.intake.children.commands import CHILD_WROTE, note_left
from services.intake.children.tables import BoxMessage
from shared.desk.items import resolve_all
from shared.forgetting.erasing import remember

ERASED = "erased"
# Forgets what the desk has written down beside an item about these. Does not commit.
Beside = Callable[[Session, Sequence[UUID]], object]


def erase_all(session: Session, box_id: UUID, beside: Beside, *, at: datetime) -> None:
    """Erase everything of a child; by the journal it stays erased after a restore. Idempotent."""
    remember(session, {erasing.BOXES: [box_id], erasing.MESSAGES: _ids(session, box_id)}, at=at)
    if (box := queries.locked(session, box_id)) is not None:
        note_left(session, box.form_hash, at)  # the form it came by does not bring it back
    erasing.erase_boxes(session, [box_id], at)
    beside(session, [box_id])
    session.commit()


def erase_one(session: Session, box_id: UUID, message_id: UUID, *, at: datetime) -> None:
    """Erase one message, of either side, with its key. Idempotent; another box's stay as they are."""
    if queries.locked(session, box_id) is None or message_id not in _ids(session, box_id):
        return
    remember(session, {erasing.MESSAGES: [message_id]}, at=at)
    erasing.erase_messages(session, [message_id])
    if not queries.waits_for_us(session, box_id):
        resolve_all(session, box_id, ERASED, at=at, kinds=[CHILD_WROTE])
    session.commit()


def _ids(session: Session, box_id: UUID) -> Sequence[UUID]:
    return session.exec(select(BoxMessage.id).where(col(BoxMessage.box_id) == box_id)).all()
