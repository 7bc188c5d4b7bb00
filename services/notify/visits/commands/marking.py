"""Letting families be found whom the version before registered. Nothing here commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text, update
from sqlmodel import Session, col, select

from services.notify.visits.tables import UNMARKED, Registration
from shared.crypto import Unreadable
from shared.finding import marks_of


def mark(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Let some families be found by name, number and address; it is done here, and no worker is told.

    One that cannot be read is found by nothing.
    """
    chosen = select(Registration.id).where(text(UNMARKED)).limit(limit)
    ids = session.exec(chosen.with_for_update(skip_locked=True)).all()
    marks = {one.id: marks_of(one.name, one.phone, one.email) for one in readable(session, ids)}
    session.expunge_all()
    if ids:
        session.execute(update(Registration), [{"id": one, "marks": marks.get(one, [])} for one in ids])
    return []


def readable(session: Session, ids: Sequence[UUID]) -> list[Registration]:
    """Return those of these registrations that can be decrypted."""
    try:
        return list(session.exec(select(Registration).where(col(Registration.id).in_(ids))))
    except Unreadable:
        return [] if len(ids) == 1 else [row for one in ids for row in readable(session, [one])]
