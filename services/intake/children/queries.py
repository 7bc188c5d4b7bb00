from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from services.intake.children import rules
from services.intake.children.tables import Box, BoxMessage, MessageKey
from services.intake.conversations.tables import Side
from services.intake.hours.queries import plan
from shared import ceilings
from shared.crypto import hash_secret


def locked(session: Session, box_id: UUID) -> Box | None:
    return session.exec(select(Box).where(Box.id == box_id).with_for_update()).one_or_none()


def by_form(session: Session, form_hash: bytes) -> Box | None:
    return session.exec(select(Box).where(Box.form_hash == form_hash)).one_or_none()


def left(form_hash: bytes) -> str:
    """Return by what is known for some days that a form was left; it says nothing of whose it was."""
    return f"child-left:{form_hash.hex()}"


def has_left(session: Session, form: str) -> bool:
    return ceilings.was_counted(session, left(hash_secret(form)))


def by_mark(session: Session, mark: bytes) -> tuple[UUID, str] | None:
    """Return the box that these words lead to, and by what all five are recognised."""
    found = session.execute(
        select(col(Box.id), col(Box.code_hash)).where(col(Box.mark) == mark)
    ).one_or_none()
    return (found[0], found[1]) if found else None


def visited(session: Session, token: str, at: datetime) -> Box | None:
    """Return the box in which this visit goes on, or None."""
    if not token:
        return None
    box = session.exec(select(Box).where(Box.visit_hash == hash_secret(token))).one_or_none()
    return box if box is not None and rules.is_visited(box, at) else None


def messages(session: Session, box_id: UUID) -> Sequence[tuple[BoxMessage, str]]:
    """Return what was written, each with the key that it is locked with, the oldest first."""
    rows = session.exec(
        select(BoxMessage, MessageKey)
        .join(MessageKey, col(MessageKey.id) == col(BoxMessage.id))
        .where(BoxMessage.box_id == box_id)
        .order_by(col(BoxMessage.number))
    ).all()
    return [(message, key.key) for message, key in rows]


def by_own_form(session: Session, box_id: UUID, form_hash: bytes) -> BoxMessage | None:
    return session.exec(
        select(BoxMessage).where(BoxMessage.box_id == box_id, BoxMessage.form_hash == form_hash)
    ).one_or_none()


def next_number(session: Session, box_id: UUID) -> int:
    """Return the place of what is written next, while the box is locked."""
    last = session.exec(select(func.max(BoxMessage.number)).where(BoxMessage.box_id == box_id)).one()
    return (last or 0) + 1


def waits_for_us(session: Session, box_id: UUID) -> bool:
    """Whether the last word is the child's."""
    sides = session.exec(
        select(BoxMessage.side).where(BoxMessage.box_id == box_id).order_by(col(BoxMessage.number))
    ).all()
    return rules.waits_for_us([one is Side.ASKER for one in sides])


def promised(session: Session, country: str, at: datetime) -> datetime:
    """Return by when a person has answered what is asked now. Whether somebody has signed up is not asked."""
    return rules.promise(plan(session, country, at, by_shifts=False), at)
