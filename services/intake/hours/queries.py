"""The hours of the desk as they are kept, and who is at the telephone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from services.intake.hours.rules import UNLESS_SAID, Hours, Part, Plan, Span, hours
from services.intake.hours.tables import Closure, Period, Shift


def now_open(session: Session, country: str, at: datetime, *, by_shifts: bool) -> Hours:
    """Return whether the desk is open for callers of this country, and when that changes."""
    return hours(plan(session, country, at, by_shifts=by_shifts), at)


def plan(session: Session, country: str, at: datetime, *, by_shifts: bool) -> Plan:
    """Return what decides on the hours from `at` on. `by_shifts`: closed while nobody is on shift."""
    return Plan(
        country,
        parts=parts(session, country),
        closures=[
            Span(one.begins, one.ends) for one in closures(session, at) if one.country in (None, country)
        ],
        staffed=sorted(Span(one.begins, one.ends) for one in shifts(session, at)) if by_shifts else None,
    )


def parts(session: Session, country: str) -> Sequence[Part]:
    """Return the parts of the week; those of our own choice where the centre has set none."""
    rows = session.scalars(select(Period).where(col(Period.country) == country)).all()
    return tuple((one.weekday, one.opens, one.closes) for one in rows) or UNLESS_SAID


def closures(session: Session, at: datetime) -> Sequence[Closure]:
    """Return those that are not over, in the order in which they begin."""
    kept = select(Closure).where(col(Closure.ends) > at).order_by(col(Closure.begins))
    return session.scalars(kept).all()


def shifts(session: Session, at: datetime, until: datetime | None = None) -> Sequence[Shift]:
    """Return those that are not over and begin before `until`, in the order in which they begin."""
    wanted = select(Shift).where(col(Shift.ends) > at).order_by(col(Shift.begins), col(Shift.id))
    return session.scalars(wanted if until is None else wanted.where(col(Shift.begins) < until)).all()


def on_shift(session: Session, at: datetime) -> list[UUID]:
    """Return who is at the telephone at this moment."""
    return [one.staff_id for one in shifts(session, at) if one.begins <= at]
