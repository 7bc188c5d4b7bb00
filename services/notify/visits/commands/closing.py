"""Days on which a facility is closed, and what it says to who visits. Both of these commit."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from services.notify.visits import facilities, queries, rules
from services.notify.visits.facility_tables import ClosedDays, FacilityNote
from shared import audit
from shared.errors import Conflict, FieldError, Invalid
from shared.geography import facility as known_facility

LAST_FIRST = FieldError("/lastDay", "lastDay", "last-before-first")
OVER = FieldError("/lastDay", "lastDay", "closed-in-the-past")
FAR = FieldError("/lastDay", "lastDay", "closed-too-far-ahead")


class Closed(Conflict):
    """The facility is closed on that day; `reason` is what was said of it."""

    def __init__(self, closed: ClosedDays) -> None:
        until = f" until {closed.last_day}" if closed.last_day != closed.first_day else ""
        super().__init__(
            f"The facility is closed on {closed.first_day}{until}: {closed.reason} Choose another day.",
            "facility-closed",
        )
        self.reason = closed.reason


def is_open(session: Session, facility: str, day: date) -> None:
    """Raise Closed if a facility is closed on this day. Who closes it at this moment is waited for."""
    queries.one_at_a_time(session, f"closed-days:{facility}")
    for closed in facilities.closed_between(session, facility, day, day):
        raise Closed(closed)


def close(
    session: Session, facility: str, first: date, last: date, reason: str, *, who: str, at: datetime
) -> ClosedDays:
    """Close a facility on these days, both included. The same days twice are closed once.

    Visit days that are there already stay: whoever comes to them is told only when they are called off.
    Raises Invalid.
    """
    wrong = _wrong_with(facility, first, last, at)
    if wrong:
        raise Invalid([wrong])
    queries.one_at_a_time(session, f"closed-days:{facility}")
    there = [
        one
        for one in facilities.closed_between(session, facility, first, last)
        if (one.first_day, one.last_day) == (first, last)
    ]
    closed = (
        there[0]
        if there
        else ClosedDays(facility=facility, first_day=first, last_day=last, reason=reason, created_at=at)
    )
    closed.reason = reason
    session.add(closed)
    audit.record(session, who, "facility.close", f"closed-days:{closed.id}", at=at)
    session.commit()
    return closed


def _wrong_with(facility: str, first: date, last: date, at: datetime) -> FieldError | None:
    place = known_facility(facility)
    assert place is not None
    today = at.astimezone(ZoneInfo(place.zone)).date()
    if last < first:
        return LAST_FIRST
    if last < today:
        return OVER
    return FAR if last > today + rules.FARTHEST else None


def reopen(session: Session, facility: str, closed_id: UUID, *, who: str, at: datetime) -> None:
    """Open a facility again on days on which it was closed. Idempotent."""
    closed = session.get(ClosedDays, closed_id)
    if closed is not None and closed.facility == facility:
        session.delete(closed)
        audit.record(session, who, "facility.open", f"closed-days:{closed_id}", at=at)
    session.commit()


def say(
    session: Session,
    facility: str,
    language: str,
    text: str,
    source: str,
    checked_on: date,
    *,
    who: str,
    at: datetime,
) -> None:
    """Say something to who visits a facility, in one language, in place of what was said; nothing ends it."""
    said = {note.language: note for note in facilities.notes_of(session, facility)}
    note = said.get(language)
    if note is not None and not text:
        session.delete(note)
    if text:
        note = note or FacilityNote(
            facility=facility, language=language, text="", source="", checked_on=checked_on, changed_at=at
        )
        note.text, note.source, note.checked_on, note.changed_at = text, source, checked_on, at
        session.add(note)
    audit.record(session, who, "facility.note", f"facility:{facility}", at=at)
    session.commit()
