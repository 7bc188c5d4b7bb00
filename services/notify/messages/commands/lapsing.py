"""After a restore from a backup: it is unknown what went out since that backup was made."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from services.notify.messages.commands.consequences import moved_to
from services.notify.messages.tables import Message, MessageState
from shared import audit

RESTORED = "restored"


def lapse(session: Session, *, at: datetime) -> int:
    """Expire every planned message that is due by `at`, and return how many.

    Each may have gone out already, so a person decides. That an operator did it is in the audit.
    """
    due = session.exec(
        select(Message)
        .where(Message.state == MessageState.PLANNED, col(Message.due_at) <= at)
        .order_by(col(Message.id))
        .with_for_update()
    ).all()
    for message in due:
        moved_to(session, message, MessageState.EXPIRED, RESTORED, at=at)
    if due:
        audit.record(session, "operator", "message.lapse", "messages", at=at)
    session.commit()
    return len(due)
