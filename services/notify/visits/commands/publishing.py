"""Visit days: published, moved, cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from sqlmodel import Session

from services.notify.messages.tables import Purpose
from services.notify.visits import queries, rules
from services.notify.visits.commands.planning import (
    call_owner,
    void_plan,
    want_text,
    write_plan,
)
from services.notify.visits.tables import (
    Registration,
    RegistrationState,
    VisitDay,
    VisitKind,
    VisitState,
)
from shared.errors import Conflict, Invalid

STAYS_AS_IT_IS = {
    rules.VISIT_CANCELLED: "This visit day was cancelled. Publish a new one instead.",
    rules.VISIT_PAST: "This visit day has begun or is over, so it cannot be changed.",
}


@dataclass(frozen=True)
class Opening:
    """A visit day to publish, in local time at the facility. `place` is the town, which texts may name."""

    facility: str
    country: str
    place: str
    zone: str
    visit_date: date
    start_time: time
    end_time: time
    capacity: int
    kind: VisitKind


@dataclass(frozen=True)
class Change:
    """Changes to a visit day. A field that is None stays as it is."""

    visit_date: date | None = None
    start_time: time | None = None
    end_time: time | None = None
    capacity: int | None = None
    kind: VisitKind | None = None


def publish(session: Session, opening: Opening, *, at: datetime) -> VisitDay:
    """Open a visit day to registrations. Raises Invalid for a date or time that is wrong."""
    day, start, end, zone = opening.visit_date, opening.start_time, opening.end_time, opening.zone
    _check(day, start, end, zone, at)
    visit = VisitDay(
        facility=opening.facility,
        country=opening.country,
        place=opening.place,
        zone=zone,
        visit_date=day,
        start_time=start,
        end_time=end,
        starts_at=rules.moment(day, start, zone),
        ends_at=rules.moment(day, end, zone),
        capacity=opening.capacity,
        kind=opening.kind,
        created_at=at,
        changed_at=at,
    )
    session.add(visit)
    session.commit()
    return visit


def _check(day: date, start: time, end: time, zone: str, at: datetime) -> None:
    errors = rules.whats_wrong(day, start, end, zone, at)
    if errors:
        raise Invalid(errors)


def change(session: Session, visit_id: UUID, changes: Change, *, at: datetime) -> VisitDay:
    """Change a visit day. Another date or start moves it, and every family is told. Idempotent.

    Raises NotFound, Invalid, and Conflict for a visit that was cancelled or is over, or for a capacity below
    the number of families.
    """
    visit = queries.locked_visit(session, visit_id)
    _can_be_changed(visit, at)
    families = queries.coming(session, visit.id)
    _resize(visit, changes, len(families))
    was_at = visit.starts_at
    _retime(visit, changes, at)
    visit.kind, visit.changed_at = changes.kind or visit.kind, at
    if visit.starts_at != was_at:
        _move(session, visit, families, was_at, at)
    session.commit()
    return visit


def _can_be_changed(visit: VisitDay, at: datetime) -> None:
    over = rules.why_over(visit, at)
    if over is not None:
        raise Conflict(STAYS_AS_IT_IS[over], over)


def _resize(visit: VisitDay, changes: Change, families: int) -> None:
    if changes.capacity is None:
        return
    if changes.capacity < families:
        raise Conflict(f"{families} families are registered already; choose at least that capacity.")
    visit.capacity = changes.capacity


def _retime(visit: VisitDay, changes: Change, at: datetime) -> None:
    day = changes.visit_date or visit.visit_date
    start, end = changes.start_time or visit.start_time, changes.end_time or visit.end_time
    _check(day, start, end, visit.zone, at)
    visit.visit_date, visit.start_time, visit.end_time = day, start, end
    visit.starts_at, visit.ends_at = rules.moment(day, start, visit.zone), rules.moment(day, end, visit.zone)


def _move(
    session: Session, visit: VisitDay, families: Sequence[Registration], was_at: datetime, at: datetime
) -> None:
    """Void the old steps and plan new ones, in the same transaction that moves the visit."""
    visit.version += 1
    for family in families:
        void_plan(session, family, "visit-moved")
        # A yes was for the old date.
        family.state, family.answered_at = RegistrationState.REGISTERED, None
        papers = family.first_visit and not queries.papers_told(session, family.id)
        told = rules.may_be_written_to(family)
        write_plan(session, visit, family, at, papers=papers, greet=not told)
        if told:
            _tell_of_move(session, visit, family, was_at, at)


def _tell_of_move(
    session: Session, visit: VisitDay, family: Registration, was_at: datetime, at: datetime
) -> None:
    telling = rules.telling(visit.starts_at, visit.zone, at, was_at=was_at, minor=family.minors_own_phone)
    key = f"visit:{family.id}:{visit.version}:moved"
    want_text(
        session,
        visit,
        family,
        Purpose.VISIT_MOVED,
        key,
        at,
        windowed=telling.windowed,
        due_at=telling.due_at,
    )


def cancel(session: Session, visit_id: UUID, reason: str, *, at: datetime) -> VisitDay:
    """Cancel a visit day: void its reminders, then tell every family, through a person where no text may go.

    Texts go at night only if the visit is near. Idempotent. Raises NotFound, and Conflict for a visit that
    has begun.
    """
    visit = queries.locked_visit(session, visit_id)
    if visit.state is VisitState.CANCELLED:
        return visit
    _can_be_changed(visit, at)
    visit.state, visit.cancel_reason, visit.changed_at = VisitState.CANCELLED, reason, at
    windowed = rules.telling(visit.starts_at, visit.zone, at).windowed
    for family in queries.coming(session, visit.id):
        void_plan(session, family, "visit-cancelled")
        if rules.may_be_written_to(family):
            key = f"visit:{family.id}:{visit.version}:cancelled"
            want_text(session, visit, family, Purpose.VISIT_CANCELLED, key, at, windowed=windowed)
        else:
            call_owner(session, family, reason="visit-cancelled", at=at)
    session.commit()
    return visit
