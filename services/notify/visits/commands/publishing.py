"""Visit days: published, moved, cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlmodel import Session

from services.notify.messages.tables import Purpose
from services.notify.visits import queries, rules
from services.notify.visits.commands import queueing
from services.notify.visits.commands.choosing import ask_no_more
from services.notify.visits.commands.closing import is_open
from services.notify.visits.commands.planning import (
    call_owner,
    void_plan,
    want_text,
    write_plan,
)
from services.notify.visits.commands.seconding import (
    Person,
    awaited,
    locked_after_its_item,
    named,
    proposal,
    seconded,
)
from services.notify.visits.mass import queries as stops
from services.notify.visits.tables import (
    ChangeKind,
    Registration,
    RegistrationState,
    VisitDay,
    VisitKind,
    VisitState,
    WaitingChange,
)
from shared import audit
from shared.crypto import blind_index
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

    def to_keep(self) -> dict[str, Any]:
        """Return it as JSON, to be stored."""
        return dict(KEPT.dump_python(self, mode="json"))

    @classmethod
    def kept(cls, stored: dict[str, Any]) -> Change:
        return KEPT.validate_python(stored)


KEPT = TypeAdapter(Change)


@dataclass(frozen=True)
class Publisher:
    """Who publishes a visit day (see `Person.key_id`), and the idempotency key that a program sends along."""

    client: str
    idempotency_key: str | None = None


def publish(session: Session, opening: Opening, by: Publisher, *, at: datetime) -> tuple[VisitDay, bool]:
    """Open a visit day to registrations; return it and whether it is new. Idempotent.

    The same facility, date, start and kind is one day. Raises Invalid for a date or time that is wrong, and
    Conflict for a day that is there with another end or capacity, an idempotency key of another day, or a
    day on which the facility is closed.
    """
    index = blind_index("idempotency-key", by.idempotency_key) if by.idempotency_key else None
    known = _known(session, opening, by.client, index)
    if known is not None:
        return known, False
    day, start, end, zone = opening.visit_date, opening.start_time, opening.end_time, opening.zone
    _check(day, start, end, zone, at)
    stops.hold_publishing(session, opening.facility)
    _not_called_off(session, opening.facility, day)
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
        client=by.client if index else None,
        idempotency_index=index,
        fingerprint=_fingerprint(opening) if index else None,
        created_at=at,
        changed_at=at,
    )
    there = _there_already(session, visit)
    if there is None:
        is_open(session, visit.facility, day)
        session.add(visit)
        _note(session, by.client, "publish", visit, at)
    session.commit()
    return there or visit, there is None


def _not_called_off(session: Session, facility: str, day: date) -> None:
    """Raise Conflict for a day on which visits are off until further notice, as in a strike."""
    stop = stops.stop(session, facility, day)
    if stop is not None:
        raise Conflict(
            f"Visits to this facility are off until further notice: /v1/mass-changes/{stop.id}. End that"
            " first.",
            "called-off",
        )


def _note(session: Session, key_id: str, deed: str, visit: VisitDay, at: datetime) -> None:
    """Note who decided, in the transaction of what they decided."""
    audit.record(session, named(key_id), f"visit-day.{deed}", f"visit-day:{visit.id}", at=at)


def _known(session: Session, opening: Opening, client: str, index: bytes | None) -> VisitDay | None:
    """Return the day that was published with this idempotency key. Raises Conflict if it was another."""
    if index is None:
        return None
    queries.one_at_a_time(session, f"idempotency-key:{client}:{index.hex()}")
    known = queries.day_with_key(session, client, index)
    if known is not None and known.fingerprint != _fingerprint(opening):
        raise Conflict(
            "This Idempotency-Key was used for another visit day. Send a new key with a new one.",
            "idempotency-key-reused",
        )
    return known


def _fingerprint(opening: Opening) -> bytes:
    sent = (opening.facility, opening.visit_date, opening.start_time, opening.end_time, opening.capacity)
    return blind_index("visit-day", "|".join(map(str, (*sent, opening.kind))))


def _there_already(session: Session, visit: VisitDay) -> VisitDay | None:
    """Return the day with the same facility, date, start and kind; two that publish it wait for each other.

    Raises Conflict if it has another end or capacity.
    """
    there = _same_day(session, visit)
    if there is not None and (there.end_time, there.capacity) != (visit.end_time, visit.capacity):
        raise _taken(there)
    return there


def _same_day(session: Session, visit: VisitDay) -> VisitDay | None:
    what = f"visit-day:{visit.facility}:{visit.visit_date}:{visit.start_time}:{visit.kind}"
    queries.one_at_a_time(session, what)
    return queries.same_day(session, visit)


def _taken(there: VisitDay) -> Conflict:
    return Conflict(
        f"This visit day is there already: /v1/visit-days/{there.id}, until {there.end_time:%H:%M}, with room"
        f" for {there.capacity}. Change that one instead.",
        "visit-day-exists",
    )


def _check(day: date, start: time, end: time, zone: str, at: datetime) -> None:
    errors = rules.whats_wrong(day, start, end, zone, at)
    if errors:
        raise Invalid(errors)


def change(
    session: Session, visit_id: UUID, changes: Change, by: Person, *, at: datetime
) -> VisitDay | WaitingChange:
    """Change a visit day. Another date or start moves it, and every family is told. Idempotent.

    Moving many families waits for a second person; what waits is then returned. Raises NotFound, Invalid,
    and Conflict for a visit that was cancelled or is over, for a date and start that another visit day has,
    a day on which the facility is closed, or a capacity below the number of families.
    """
    visit = locked_after_its_item(session, visit_id)
    families, was_at = queries.coming(session, visit.id), visit.starts_at
    _change(session, visit, families, changes, at)
    if visit.starts_at == was_at:
        queueing.offer_places(session, visit, at)
        _note(session, by.key_id, "change", visit, at)
        session.commit()
        return visit
    wanted = proposal(visit, ChangeKind.MOVE, by, at, change=changes.to_keep())
    waiting = awaited(session, visit, families, wanted, at, undo=True)
    if waiting is None:
        _move(session, visit, families, was_at, at)
    _note(session, by.key_id, "ask-to-move" if waiting else "move", visit, at)
    session.commit()
    return waiting or visit


def _change(
    session: Session, visit: VisitDay, families: Sequence[Registration], changes: Change, at: datetime
) -> None:
    was = (visit.visit_date, visit.start_time, visit.kind)
    _can_be_changed(visit, at)
    _resize(visit, changes, len(families))
    _retime(visit, changes, at)
    visit.kind, visit.changed_at = changes.kind or visit.kind, at
    if was[0] != visit.visit_date:
        with session.no_autoflush:
            _not_called_off(session, visit.facility, visit.visit_date)
    with session.no_autoflush:
        there = _same_day(session, visit) if was != (visit.visit_date, visit.start_time, visit.kind) else None
        if was[0] != visit.visit_date:
            is_open(session, visit.facility, visit.visit_date)
    if there is not None:
        raise _taken(there)


def _can_be_changed(visit: VisitDay, at: datetime) -> None:
    over = rules.why_over(visit, at)
    if over is not None:
        raise Conflict(STAYS_AS_IT_IS[over], over)


def _resize(visit: VisitDay, changes: Change, families: int) -> None:
    if changes.capacity is None:
        return
    if changes.capacity < families:
        raise Conflict(
            f"{families} families are registered already; choose at least that capacity.", "capacity-taken"
        )
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
    """Void the old steps and plan new ones, in the same transaction that moves the visit.

    Offers of a place end, and the places that are left on the new date are offered anew.
    """
    visit.version += 1
    ask_no_more(session, [family.id for family in families], at)
    for family in families:
        void_plan(session, family, "visit-moved", at)
        # A yes was for the old date.
        family.state, family.answered_at, family.offered_at = RegistrationState.REGISTERED, None, None
        papers = family.first_visit and not queries.papers_told(session, family.id)
        told = rules.may_be_written_to(family)
        write_plan(session, visit, family, at, papers=papers, greet=not told)
        if told:
            _tell_of_move(session, visit, family, was_at, at)
    queueing.moved(session, visit, at)


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


def cancel(
    session: Session, visit_id: UUID, reason: str, by: Person, *, at: datetime
) -> VisitDay | WaitingChange:
    """Cancel a visit day: void its reminders, then tell every family, through a person where no text may go.

    Texts go at night only if the visit is near. Calling off many families waits for a second person; what
    waits is then returned. Idempotent. Raises NotFound, and Conflict for a visit that has begun.
    """
    visit = locked_after_its_item(session, visit_id)
    if visit.state is VisitState.CANCELLED:
        return visit
    _can_be_changed(visit, at)
    families = queries.coming(session, visit.id)
    wanted = proposal(visit, ChangeKind.CALL_OFF, by, at, reason=reason)
    waiting = awaited(session, visit, families, wanted, at)
    if waiting is None:
        _cancel(session, visit, families, reason, at)
    _note(session, by.key_id, "ask-to-cancel" if waiting else "cancel", visit, at)
    session.commit()
    return waiting or visit


def _cancel(
    session: Session, visit: VisitDay, families: Sequence[Registration], reason: str, at: datetime
) -> None:
    visit.state, visit.cancel_reason, visit.changed_at = VisitState.CANCELLED, reason, at
    windowed = rules.telling(visit.starts_at, visit.zone, at).windowed
    for family in families:
        void_plan(session, family, "visit-cancelled", at)
        if rules.may_be_written_to(family):
            key = f"visit:{family.id}:{visit.version}:cancelled"
            want_text(session, visit, family, Purpose.VISIT_CANCELLED, key, at, windowed=windowed)
        else:
            call_owner(session, family, reason="visit-cancelled", at=at)
    queueing.called_off(session, visit, at)


def carry_out(session: Session, visit_id: UUID, by_name: str, *, at: datetime) -> None:
    """Do what waits for a second person, who works at the desk. Does not commit.

    Raises what `cancel` and `change` raise, and Conflict if nothing waits any more and for the same person.
    """
    visit = queries.locked_visit(session, visit_id)
    waiting = seconded(session, visit, by_name, at)
    _can_be_changed(visit, at)
    families, was_at = queries.coming(session, visit.id), visit.starts_at
    if waiting.kind is ChangeKind.CALL_OFF:
        _cancel(session, visit, families, waiting.reason or "", at)
        return
    _change(session, visit, families, Change.kept(waiting.change), at)
    if visit.starts_at != was_at:
        _move(session, visit, families, was_at, at)
