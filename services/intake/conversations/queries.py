from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, tuple_
from sqlmodel import Session, col, select

from services.intake.conversations.tables import Draft, ReplyTemplate, Side, Written
from shared.database.paging import FIRST, Order, Page, Slice, page_of

IN_ORDER = Order("conversation", (col(Written.number),))


def conversation(session: Session, request_id: UUID) -> Sequence[Written]:
    """Return everything that was written about an advice request, the oldest first."""
    return session.exec(
        select(Written).where(Written.request_id == request_id).order_by(col(Written.number))
    ).all()


def a_page(session: Session, request_id: UUID, wanted: Slice = FIRST) -> Page[Written]:
    query = select(Written).where(Written.request_id == request_id)
    return page_of(session, query, IN_ORDER, wanted).each(lambda row: row[0])


def next_number(session: Session, request_id: UUID) -> int:
    """Return the place of what is written next, while the advice request is locked."""
    last = session.exec(select(func.max(Written.number)).where(Written.request_id == request_id)).one()
    return (last or 0) + 1


def one(session: Session, request_id: UUID, message_id: UUID) -> Written | None:
    found = session.get(Written, message_id)
    return found if found is not None and found.request_id == request_id else None


def by_key(session: Session, request_id: UUID, key: str) -> Written | None:
    return session.exec(
        select(Written).where(Written.request_id == request_id, Written.key == key)
    ).one_or_none()


def draft(session: Session, about_id: UUID, staff_id: UUID) -> Draft | None:
    return session.exec(
        select(Draft).where(Draft.about_id == about_id, Draft.staff_id == staff_id)
    ).one_or_none()


def newest_of(session: Session, request_id: UUID, side: Side) -> Written | None:
    """Return the newest message of one side, if there is any."""
    return session.exec(
        select(Written)
        .where(Written.request_id == request_id, Written.side == side)
        .order_by(col(Written.number).desc())
        .limit(1)
    ).first()


def templates(session: Session, language: str | None = None) -> Sequence[ReplyTemplate]:
    """Return the newest version of each text that is not retired, by name."""
    newest = select(ReplyTemplate.template_id, func.max(ReplyTemplate.version)).group_by(
        col(ReplyTemplate.template_id)
    )
    query = select(ReplyTemplate).where(
        tuple_(col(ReplyTemplate.template_id), col(ReplyTemplate.version)).in_(newest),
        col(ReplyTemplate.retired_at).is_(None),
    )
    if language is not None:
        query = query.where(ReplyTemplate.language == language)
    return session.exec(query.order_by(col(ReplyTemplate.name), col(ReplyTemplate.id))).all()


def versions(session: Session, template_id: UUID) -> Sequence[ReplyTemplate]:
    """Return all versions of a text, the newest first."""
    return session.exec(
        select(ReplyTemplate)
        .where(ReplyTemplate.template_id == template_id)
        .order_by(col(ReplyTemplate.version).desc())
    ).all()
