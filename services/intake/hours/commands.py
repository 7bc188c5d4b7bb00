"""What can be done with hours, closures and shifts.

Each of these is one transaction and commits at its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlmodel import Session, col

from services.intake.hours.queries import is_colleague
from services.intake.hours.rules import Part, Span
from services.intake.hours.tables import Closure, Period, Shift
from services.intake.staff.rules import Signed
from shared.audit import record
from shared.errors import RuleBroken


class CannotShift(RuleBroken):
    """Something about a shift cannot be done; `code` is that of the sentence which says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def set_hours(session: Session, country: str, parts: Iterable[Part], signed: Signed, *, at: datetime) -> None:
    """Set the week of a country. Of two who do so at once the second one's week stands, whole."""
    _one_at_a_time(session, f"hours:{country}")
    session.execute(delete(Period).where(col(Period.country) == country))
    for weekday, opens, closes in parts:
        session.add(Period(country=country, weekday=weekday, opens=opens, closes=closes))
    _audit(session, signed, "hours.set", f"hours:{country}", at)
    session.commit()


def close(
    session: Session, country: str | None, span: Span, why: Mapping[str, str], signed: Signed, *, at: datetime
) -> None:
    """Close the desk for a time: in one country, or everywhere."""
    made = Closure(country=country, begins=span.begins, ends=span.ends, why=dict(why), made_by=signed.id)
    session.add(made)
    _audit(session, signed, "hours.close", f"closure:{made.id}", at)
    session.commit()


def open_after_all(session: Session, closure_id: UUID, signed: Signed, *, at: datetime) -> None:
    """Take a closure back. Idempotent."""
    found = session.get(Closure, closure_id)
    if found is not None:
        session.delete(found)
        _audit(session, signed, "hours.open", f"closure:{closure_id}", at)
    session.commit()


def sign_up(session: Session, span: Span, signed: Signed, *, at: datetime) -> None:
    """Take a shift. Raises CannotShift for one that is over, or while one has another."""
    if span.ends <= at:
        raise CannotShift("shift-over")
    _free(session, signed.id, span)
    session.add(Shift(staff_id=signed.id, begins=span.begins, ends=span.ends))
    session.commit()


def give_back(session: Session, shift_id: UUID, signed: Signed, *, at: datetime) -> None:
    """Give a shift back; of one that goes on, what is left. Raises CannotShift unless it is one's own."""
    _end(session, _mine(session, shift_id, signed, at), at)
    session.commit()


def ask(session: Session, shift_id: UUID, colleague: UUID, signed: Signed, *, at: datetime) -> None:
    """Ask a colleague to take a shift over. Until they say yes it is one's own. Raises CannotShift."""
    shift = _mine(session, shift_id, signed, at)
    if colleague == signed.id or not is_colleague(session, colleague):
        raise CannotShift("shift-colleague")
    shift.asked = colleague
    session.add(shift)
    session.commit()


def accept(session: Session, shift_id: UUID, signed: Signed, *, at: datetime) -> None:
    """Take over a shift that one was asked for; of one that goes on, what is left. Raises CannotShift."""
    shift = _asked(session, shift_id, signed, at)
    span = Span(max(shift.begins, at), shift.ends)
    _free(session, signed.id, span)
    _end(session, shift, at)
    session.add(Shift(staff_id=signed.id, begins=span.begins, ends=span.ends))
    session.commit()


def decline(session: Session, shift_id: UUID, signed: Signed, *, at: datetime) -> None:
    """Say no to a shift that one was asked for: it stays whose it is. Raises CannotShift."""
    shift = _asked(session, shift_id, signed, at)
    shift.asked = None
    session.add(shift)
    session.commit()


def leave_note(session: Session, shift_id: UUID, note: str, signed: Signed, *, at: datetime) -> None:
    """Leave a note for whoever comes next. Raises CannotShift unless the shift is one's own."""
    shift = _mine(session, shift_id, signed, at)
    shift.note = note or None
    session.add(shift)
    session.commit()


def _mine(session: Session, shift_id: UUID, signed: Signed, at: datetime) -> Shift:
    shift = _locked(session, shift_id)
    if shift is None or shift.staff_id != signed.id or shift.ends <= at:
        raise CannotShift("shift-gone")
    return shift


def _asked(session: Session, shift_id: UUID, signed: Signed, at: datetime) -> Shift:
    shift = _locked(session, shift_id)
    if shift is None or shift.asked != signed.id or shift.ends <= at:
        raise CannotShift("shift-gone")
    return shift


def _locked(session: Session, shift_id: UUID) -> Shift | None:
    return session.scalars(select(Shift).where(col(Shift.id) == shift_id).with_for_update()).one_or_none()


def _end(session: Session, shift: Shift, at: datetime) -> None:
    """What was done of it stays, with its note."""
    if shift.begins >= at:
        session.delete(shift)
        return
    shift.ends, shift.asked = at, None
    session.add(shift)


def _free(session: Session, staff_id: UUID, span: Span) -> None:
    _one_at_a_time(session, f"shifts:{staff_id}")
    others = select(func.count()).where(
        col(Shift.staff_id) == staff_id, col(Shift.begins) < span.ends, col(Shift.ends) > span.begins
    )
    if session.execute(others).scalar_one():
        raise CannotShift("shift-twice")


def _one_at_a_time(session: Session, what: str) -> None:
    """Wait until nobody else changes this, until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(what, 0))))


def _audit(session: Session, signed: Signed, deed: str, about: str, at: datetime) -> None:
    record(session, f"staff:{signed.id}", deed, about, at=at)
