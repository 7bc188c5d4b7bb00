"""Visit days of a facility, and who comes to them, as the pages of planners show them."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from services.notify.visits import facilities, queries
from services.notify.visits.facility_tables import ClosedDays
from services.notify.visits.tables import (
    Attendance,
    Registration,
    VisitDay,
    VisitState,
    WaitingChange,
)
from shared.crypto import Unreadable
from shared.database.paging import AT_MOST, Slice
from shared.vocabulary import AgeBand

MOST_DAYS = 200


@dataclass(frozen=True)
class Shown:
    """A visit day with how many families have a place."""

    visit: VisitDay
    coming: int

    @property
    def is_open(self) -> bool:
        return self.visit.state is VisitState.OPEN

    @property
    def left(self) -> int:
        return max(0, self.visit.capacity - self.coming)


@dataclass(frozen=True)
class Square:
    """One date in a month: its visit days, and why the facility is closed, if it is."""

    day: date
    in_month: bool
    visits: Sequence[Shown]
    closed: ClosedDays | None


def month_of(session: Session, facility: str, first: date) -> list[list[Square]]:
    """Return the weeks of the month that begins on `first`, from Monday to Sunday."""
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    shown = between(session, facility, weeks[0][0], weeks[-1][-1])
    closures = facilities.closed_between(session, facility, weeks[0][0], weeks[-1][-1])
    return [[_square(day, first, shown, closures) for day in week] for week in weeks]


def _square(day: date, first: date, shown: Sequence[Shown], closures: Sequence[ClosedDays]) -> Square:
    closed = next((one for one in closures if one.first_day <= day <= one.last_day), None)
    theirs = [one for one in shown if one.visit.visit_date == day]
    return Square(day, (day.year, day.month) == (first.year, first.month), theirs, closed)


def between(session: Session, facility: str, first: date, last: date) -> list[Shown]:
    """Return the visit days of a facility from `first` to `last`, both included, in the order of time."""
    found = session.exec(
        select(VisitDay)
        .where(
            VisitDay.facility == facility,
            col(VisitDay.visit_date) >= first,
            col(VisitDay.visit_date) <= last,
        )
        .order_by(col(VisitDay.starts_at), col(VisitDay.id))
    ).all()
    return _shown(session, found)


def from_day(session: Session, facility: str, day: date, *, past: bool) -> list[Shown]:
    """Return some visit days from a day on, the earliest first; with `past` those before it, latest first."""
    chosen = select(VisitDay).where(VisitDay.facility == facility)
    if past:
        chosen = chosen.where(col(VisitDay.visit_date) < day).order_by(
            col(VisitDay.starts_at).desc(), col(VisitDay.id)
        )
    else:
        chosen = chosen.where(col(VisitDay.visit_date) >= day).order_by(
            col(VisitDay.starts_at), col(VisitDay.id)
        )
    return _shown(session, session.exec(chosen.limit(MOST_DAYS)).all())


def one(session: Session, visit_id: UUID) -> Shown:
    """Raises NotFound."""
    [shown] = _shown(session, [queries.visit_day(session, visit_id)])
    return shown


def _shown(session: Session, visits: Sequence[VisitDay]) -> list[Shown]:
    coming = queries.how_many_come(session, [visit.id for visit in visits])
    return [Shown(visit, coming[visit.id]) for visit in visits]


def closures_ahead(session: Session, facility: str, today: date) -> Sequence[ClosedDays]:
    return facilities.closed_between(session, facility, today, date.max)


def awaits_a_second(session: Session, visit_id: UUID, now: datetime) -> WaitingChange | None:
    """Return what waits for a second person on a visit day, or None."""
    return session.exec(
        select(WaitingChange).where(
            WaitingChange.visit_day_id == visit_id, col(WaitingChange.lapses_at) > now
        )
    ).one_or_none()


@dataclass(frozen=True)
class AtTheGate:
    """A family that comes, as the gate needs to know it: no number, no address.

    `name` is None where it cannot be read any more. `companions` are the adults who come along, and `needs`
    is what the family asked to be thought of.
    """

    id: UUID
    name: str | None
    adults: int
    ages: Sequence[str]
    first_visit: bool
    companions: str
    needs: str
    attendance: Attendance | None

    @property
    def children(self) -> int:
        return len(self.ages)

    def of_age(self, band: str) -> int:
        return list(self.ages).count(band)


def at_the_gate(session: Session, visit_id: UUID) -> list[AtTheGate]:
    """Return who comes, in the order of their names."""
    coming = list(queries.who_comes(session, visit_id, Slice(limit=AT_MOST)))
    said = _said(session, [one.id for one in coming])
    found = [_at_the_gate(one, *said.get(one.id, (None, None))) for one in coming]
    return sorted(found, key=lambda one: (one.name is None, (one.name or "").casefold(), str(one.id)))


def _at_the_gate(registration: Registration, companions: str | None, needs: str | None) -> AtTheGate:
    order = [str(band) for band in AgeBand]
    ages = sorted(registration.child_age_bands, key=lambda band: order.index(band) if band in order else 99)
    return AtTheGate(
        registration.id,
        _name_of(registration),
        registration.adults,
        ages,
        registration.first_visit,
        companions or "",
        needs or "",
        registration.attendance,
    )


Words = dict[UUID, tuple[str | None, str | None]]


def _said(session: Session, ids: Sequence[UUID]) -> Words:
    """Return who comes along and what to think of; nothing of a family that is unreadable."""
    try:
        return _read(session, ids)
    except Unreadable:
        alone = () if len(ids) == 1 else ids
        return {id: said for one in alone for id, said in _said(session, [one]).items()}


def _read(session: Session, ids: Sequence[UUID]) -> Words:
    columns = (col(Registration.id), col(Registration.companions), col(Registration.special_needs))
    found = session.execute(sa.select(*columns).where(col(Registration.id).in_(ids)))
    return {id: (companions, needs) for id, companions, needs in found}


def _name_of(registration: Registration) -> str | None:
    try:
        return registration.name
    except Unreadable:
        return None
