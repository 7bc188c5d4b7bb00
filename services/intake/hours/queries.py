"""The hours of the desk as they are kept, and who is at the telephone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, literal, or_, select
from sqlmodel import Session, col

from services.intake.hours.rules import UNLESS_SAID, Hours, Part, Plan, Span, hours
from services.intake.hours.tables import Closure, Period, Shift
from services.intake.staff.tables import Person, Role

AT_TELEPHONE = (Role.ADVISER, Role.SENIOR)
NOTE_LASTS = timedelta(days=1)
MOST_NOTES = 5


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


def why_closed(session: Session, country: str, at: datetime) -> Mapping[str, str]:
    """Return by language why the desk is closed by hand at this moment; nothing where it is not."""
    here = (one for one in closures(session, at) if one.begins <= at and one.country in (None, country))
    return next((one.why for one in here if one.why), {})


def shifts(session: Session, at: datetime, until: datetime | None = None) -> Sequence[Shift]:
    """Return those that are not over and begin before `until`, in the order in which they begin.

    The shifts of whoever is let go, or does other work now, are nobody's: nobody is at the telephone then.
    """
    here = col(Shift.staff_id).in_(select(col(Person.id)).where(_at_the_telephone()))
    wanted = select(Shift).where(col(Shift.ends) > at, here).order_by(col(Shift.begins), col(Shift.id))
    return session.scalars(wanted if until is None else wanted.where(col(Shift.begins) < until)).all()


def on_shift(session: Session, at: datetime) -> list[UUID]:
    """Return who is at the telephone at this moment."""
    return [one.staff_id for one in shifts(session, at) if one.begins <= at]


def shifts_of(session: Session, staff_id: UUID, at: datetime) -> Sequence[Shift]:
    """Return one's own shifts that are not over, in order."""
    return [one for one in shifts(session, at) if one.staff_id == staff_id]


def asked_of(session: Session, staff_id: UUID, at: datetime) -> Sequence[Shift]:
    """Return the shifts that one is asked to take over."""
    wanted = select(Shift).where(col(Shift.asked) == staff_id, col(Shift.ends) > at)
    return session.scalars(wanted.order_by(col(Shift.begins))).all()


def notes_left(session: Session, at: datetime) -> Sequence[Shift]:
    """Return the shifts of the last day that left a note, and those that go on; the newest first."""
    wanted = select(Shift).where(
        col(Shift.note).is_not(None), col(Shift.ends) > at - NOTE_LASTS, col(Shift.begins) <= at
    )
    return session.scalars(wanted.order_by(col(Shift.ends).desc()).limit(MOST_NOTES)).all()


def colleagues(session: Session, but: UUID) -> Sequence[tuple[UUID, str]]:
    """Return who can be asked to take a shift over, by name."""
    rows = session.execute(
        select(col(Person.id), col(Person.name))
        .where(_at_the_telephone(), col(Person.id) != but)
        .order_by(col(Person.name))
    )
    return [(row[0], row[1]) for row in rows]


def is_colleague(session: Session, staff_id: UUID) -> bool:
    """Whether somebody can be at the telephone."""
    found = select(col(Person.id)).where(_at_the_telephone(), col(Person.id) == staff_id)
    return session.execute(found).first() is not None


def names(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Return what people who work here are called."""
    wanted = {one for one in ids if one is not None}
    rows = session.execute(select(col(Person.id), col(Person.name)).where(col(Person.id).in_(wanted)))
    return {row[0]: row[1] for row in rows}


def _at_the_telephone() -> ColumnElement[bool]:
    return and_(
        col(Person.disabled_at).is_(None),
        or_(*(literal(role.value) == any_(col(Person.roles)) for role in AT_TELEPHONE)),
    )
