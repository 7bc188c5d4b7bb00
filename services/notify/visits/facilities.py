"""When a facility is closed, and what it says to who visits: the read side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlmodel import Session, col, select

from services.notify.visits.facility_tables import ClosedDays, FacilityNote


def closed_between(session: Session, facility: str, first: date, last: date) -> Sequence[ClosedDays]:
    """Return the closures of a facility that touch these days, both included, the earliest first."""
    return session.exec(
        select(ClosedDays)
        .where(
            ClosedDays.facility == facility,
            col(ClosedDays.first_day) <= last,
            col(ClosedDays.last_day) >= first,
        )
        .order_by(col(ClosedDays.first_day), col(ClosedDays.id))
    ).all()


def notes_of(session: Session, facility: str) -> Sequence[FacilityNote]:
    """Return what a facility says, in each language in which it does."""
    return session.exec(
        select(FacilityNote).where(FacilityNote.facility == facility).order_by(col(FacilityNote.language))
    ).all()


def note_for(session: Session, facility: str, language: str) -> FacilityNote | None:
    """Return what a facility says to who reads this language: in it, else what is for every other."""
    said = {note.language: note for note in notes_of(session, facility)}
    return said.get(language) or said.get("")
