"""Visit days of a facility, and who comes to them, as the pages of planners show them."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from sqlmodel import Session, col, select

from services.notify.visits import facilities, queries
from services.notify.visits.facility_tables import ClosedDays
from services.notify.visits.tables import (
    Attendance,
    Registration,
    RegistrationState,
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

    def is_moved_by(self, day: date, start: time) -> bool:
        """Whether another date or start is another visit for who comes."""
        return (day, start) != (self.visit.visit_date, self.visit.start_time)


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

    `name` is None where it cannot be read any more. `needs` is what the family asked to be thought of.
    """

    id: UUID
    name: str | None
    adults: int
    ages: Sequence[str]
    first_visit: bool
    said_yes: bool
    needs: str
    attendance: Attendance | None

    @property
    def children(self) -> int:
        return len(self.ages)

    def of_age(self, band: str) -> int:
        return list(self.ages).count(band)


def at_the_gate(session: Session, visit_id: UUID) -> list[AtTheGate]:
    """Return who comes, in the order of their names."""
    found = [_at_the_gate(one) for one in queries.who_comes(session, visit_id, Slice(limit=AT_MOST))]
    return sorted(found, key=lambda one: (one.name is None, (one.name or "").casefold(), str(one.id)))


def _at_the_gate(registration: Registration) -> AtTheGate:
    order = [str(band) for band in AgeBand]
    ages = sorted(registration.child_age_bands, key=lambda band: order.index(band) if band in order else 99)
    return AtTheGate(
        registration.id,
        _read(registration, "name"),
        registration.adults,
        ages,
        registration.first_visit,
        registration.state is RegistrationState.CONFIRMED,
        _read(registration, "special_needs") or "",
        registration.attendance,
    )


def _read(registration: Registration, what: str) -> str | None:
    """Return what a family said; None where it cannot be read, or where families are not asked for it."""
    try:
        said: str | None = getattr(registration, what, None)
    except Unreadable:
        return None
    return said
