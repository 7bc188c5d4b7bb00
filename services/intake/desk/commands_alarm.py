"""Growing louder: people are called to what is about somebody's safety and that nobody takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from services.intake.desk import queries, rules
from services.intake.desk.rules import LISTEN_EVERY, LOUDER_AFTER, OPENING, Opening
from services.intake.desk.tables import DeskAlarm, DeskCall, DeskWatch
from services.intake.staff.rules import IDLE
from services.intake.staff.tables import Person, Role, StaffSession
from shared.desk.tables import LOUD_ONES, work_items
from shared.events.desk import Loud
from shared.events.intake import DeskItemWaits
from shared.ids import new_id
from shared.messaging import announce

# Returns who is on duty at a moment.
OnDuty = Callable[[Session, datetime], Sequence[Person]]
NEW_AT_ONCE = 100


def signed_in_now(session: Session, at: datetime) -> Sequence[Person]:
    """Return who works at the desk and did something there a moment ago (machine time)."""
    seen = select(col(StaffSession.person_id)).where(col(StaffSession.seen_at) > at - IDLE)
    here = set(session.scalars(seen))
    return [one for one in queries.at_the_desk(session) if one.id in here]


def watch(session: Session, opening: Opening = OPENING) -> None:
    """Set an alarm for each item of ours about somebody's safety that has none.

    Does not commit. Idempotent.
    """
    known = select(col(DeskAlarm.item_id)).where(col(DeskAlarm.item_id) == work_items.c.id).exists()
    new = select(work_items.c.id, work_items.c.opened_at).where(text(LOUD_ONES), ~known).limit(NEW_AT_ONCE)
    for item_id, opened_at in session.execute(new):
        _set(session, "intake", item_id, opened_at, opening)


def hear(
    session: Session, service: str, found: Loud | None, *, at: datetime, opening: Opening = OPENING
) -> None:
    """Set an alarm for each item that another service says is about somebody's safety. Commits. Idempotent.

    Alarms of items that it no longer has are over. `found` is None where it did not answer: then what it said
    before still holds.
    """
    if found is not None:
        for one in found.items:
            _set(session, service, one.id, one.opened_at, opening)
        if found.is_all:
            still = [one.id for one in found.items]
            _end(session, col(DeskAlarm.service) == service, col(DeskAlarm.item_id).not_in(still), at=at)
    again = update(DeskWatch).where(col(DeskWatch.service) == service)
    session.execute(again.values(due_at=at + LISTEN_EVERY, leased_until=None))
    session.commit()


def over(session: Session, item_id: UUID, *, at: datetime) -> None:
    """Note that an item of another service was dealt with at the desk. Does not commit. Idempotent."""
    _end(session, col(DeskAlarm.service) != "intake", col(DeskAlarm.item_id) == item_id, at=at)


def _set(session: Session, service: str, item_id: UUID, opened_at: datetime, opening: Opening) -> None:
    alarm = insert(DeskAlarm).values(
        item_id=item_id, service=service, step=0, next_at=opening.after(opened_at, LOUDER_AFTER)
    )
    session.execute(alarm.on_conflict_do_nothing(index_elements=["item_id"]))


def _end(session: Session, *which: ColumnElement[bool], at: datetime) -> None:
    still = update(DeskAlarm).where(*which, col(DeskAlarm.over_at).is_(None))
    session.execute(still.values(over_at=at, next_at=None))


def grow_louder(
    session: Session,
    item_id: UUID,
    *,
    at: datetime,
    on_duty: OnDuty,
    machine_now: datetime,
    opening: Opening = OPENING,
) -> int:
    """Call who is to be called now because nobody took this item, and return how many. Commits. Idempotent.

    First whoever is on duty, and where that is nobody everybody at the desk; later every senior. Whoever was
    called a moment ago to something that still waits hears no second time that something waits.
    """
    query = select(DeskAlarm).where(col(DeskAlarm.item_id) == item_id).with_for_update()
    alarm = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if alarm is None or alarm.next_at is None or alarm.next_at > at or not _waits(session, item_id):
        session.rollback()
        return 0
    alarm.step += 1
    told = _told_lately(session, alarm.step, at)
    people = [one for one in _whom(session, alarm.step, on_duty, machine_now) if one.id not in told]
    for person in people:
        _call(session, alarm, person, at)
    alarm.next_at = opening.after(at, LOUDER_AFTER) if alarm.step < rules.SENIORS else None
    alarm.leased_until = None
    session.add(alarm)
    session.commit()
    return len(people)


def _waits(session: Session, item_id: UUID) -> bool:
    return bool(session.scalar(select(queries.still_waits(item_id))))


def _told_lately(session: Session, step: int, at: datetime) -> set[UUID]:
    """Return who was called for this step a moment ago, to something that still waits."""
    lately = select(col(DeskCall.person_id)).where(
        col(DeskCall.called_at) > at - LOUDER_AFTER,
        col(DeskCall.step) == step,
        queries.still_waits(col(DeskCall.item_id)),
    )
    return set(session.scalars(lately))


def _whom(session: Session, step: int, on_duty: OnDuty, machine_now: datetime) -> Sequence[Person]:
    called = (
        on_duty(session, machine_now)
        if step == rules.ON_DUTY
        else queries.at_the_desk(session, [Role.SENIOR])
    )
    return called or queries.at_the_desk(session)


def _call(session: Session, alarm: DeskAlarm, person: Person, at: datetime) -> None:
    call = DeskCall(id=new_id(), item_id=alarm.item_id, step=alarm.step, person_id=person.id, called_at=at)
    session.add(call)
    session.flush()
    announce(session, DeskItemWaits(call_id=call.id), at=at)
