"""What a child erases, and what goes in time: always with its key. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col, select

from services.intake.children import rules
from services.intake.children.tables import Box, BoxMessage, MessageKey
from services.intake.conversations import commands as conversations
from shared.desk.items import forget_about
from shared.forgetting import Counts, Period, Things
from shared.forgetting.batches import some_ids

BOXES, MESSAGES = "childBoxes", "childMessages"


def erase(session: Session, things: Things, at: datetime) -> Counts:
    """Erase these boxes and messages, and return how many of what there were."""
    boxes = erase_boxes(session, things.get(BOXES, ()), at)
    messages = erase_messages(session, things.get(MESSAGES, ()))
    return {kind: n for kind, n in ((BOXES, boxes), (MESSAGES, messages)) if n}


def erase_boxes(session: Session, ids: Sequence[UUID], at: datetime) -> int:
    """Erase all that was written in these boxes with its keys, drafts of answers, and the desk's items."""
    if not ids:
        return 0
    session.execute(delete(MessageKey).where(col(MessageKey.box_id).in_(ids)))
    session.execute(delete(BoxMessage).where(col(BoxMessage.box_id).in_(ids)))
    conversations.forget_about(session, ids)
    forget_about(session, ids, at=at)
    gone = delete(Box).where(col(Box.id).in_(ids)).returning(col(Box.id))
    return len(session.execute(gone).all())


def erase_messages(session: Session, ids: Sequence[UUID]) -> int:
    if not ids:
        return 0
    session.execute(delete(MessageKey).where(col(MessageKey.id).in_(ids)))
    gone = delete(BoxMessage).where(col(BoxMessage.id).in_(ids)).returning(col(BoxMessage.id))
    return len(session.execute(gone).all())


def _old(session: Session, before: datetime, limit: int, at: datetime) -> int:
    """Let go of boxes in which nobody has written since, and of questions whose words were never typed."""
    unkept = col(Box.kept_at).is_(None) & ~col(Box.held) & (col(Box.began_at) < at - rules.UNKEPT)
    ids = some_ids(session, Box, (col(Box.last_at) < before) | unkept, limit)
    return erase_boxes(session, ids, at)


def _every_box(session: Session) -> Sequence[UUID]:
    return session.exec(select(Box.id)).all()


def _every_message(session: Session) -> Sequence[UUID]:
    return session.exec(select(BoxMessage.id)).all()


IDS = {BOXES: _every_box, MESSAGES: _every_message}
PERIODS = (Period("keep_children_days", _old),)
