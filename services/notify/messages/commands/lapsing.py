"""After a restore from a backup: it is unknown what went out since that backup was made."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from services.notify.messages.commands.consequences import moved_to
from services.notify.messages.tables import Message, MessageState

RESTORED = "restored"


def lapse(session: Session, *, at: datetime) -> int:
    """Expire every planned message that is due by `at`, and return how many.

    Each may have gone out already, so a person decides.
    """
    due = session.exec(
        select(Message)
        .where(Message.state == MessageState.PLANNED, col(Message.due_at) <= at)
        .order_by(col(Message.id))
        .with_for_update()
    ).all()
    for message in due:
        moved_to(session, message, MessageState.EXPIRED, RESTORED, at=at)
    session.commit()
    return len(due)
