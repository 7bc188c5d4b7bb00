"""Letting people be found whose advice request the version before wrote. Nothing here commits."""

from __future__ import annotations

from sqlalchemy import update
from sqlmodel import Session

from services.intake.requests import queries
from services.intake.requests.tables import AdviceRequest
from shared.finding import marks_of


def mark(session: Session, limit: int) -> int:
    """Let some advice requests be found by name, number and address, and return how many.

    One that cannot be read is found by nothing but its reference.
    """
    ids = queries.unmarked(session, limit)
    marks = {one.id: marks_of(one.name, one.phone, one.email) for one in queries.readable(session, ids)}
    session.expunge_all()
    if ids:
        session.execute(update(AdviceRequest), [{"id": one, "marks": marks.get(one, [])} for one in ids])
    return len(ids)
