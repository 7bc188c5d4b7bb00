"""Growing louder: people are called to what is about somebody's safety and that nobody takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from services.intake.desk import queries, rules
from services.intake.desk.rules import LOUD, LOUDER_AFTER, OPENING, Opening
from services.intake.desk.tables import DeskAlarm, DeskCall, DeskMark
from services.intake.staff.rules import IDLE
from services.intake.staff.tables import Person, Role, StaffSession
from shared.desk.tables import LOUD_ONES, work_items
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
    """Set an alarm for each item about somebody's safety that has none. Does not commit. Idempotent."""
    known = select(col(DeskAlarm.item_id)).where(col(DeskAlarm.item_id) == work_items.c.id).exists()
    new = select(work_items.c.id, work_items.c.opened_at).where(text(LOUD_ONES), ~known).limit(NEW_AT_ONCE)
    for item_id, opened_at in session.execute(new):
        alarm = insert(DeskAlarm).values(
            item_id=item_id, step=0, next_at=opening.after(opened_at, LOUDER_AFTER)
        )
        session.execute(alarm.on_conflict_do_nothing(index_elements=["item_id"]))


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

    First whoever is on duty, and where that is nobody everybody at the desk; later every senior.
    """
    query = select(DeskAlarm).where(col(DeskAlarm.item_id) == item_id).with_for_update()
    alarm = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if alarm is None or alarm.next_at is None or alarm.next_at > at or not _waits(session, item_id):
        session.rollback()
        return 0
    alarm.step += 1
    people = _whom(session, alarm.step, on_duty, machine_now)
    for person in people:
        _call(session, alarm, person, at)
    alarm.next_at = opening.after(at, LOUDER_AFTER) if alarm.step < rules.SENIORS else None
    alarm.leased_until = None
    session.add(alarm)
    session.commit()
    return len(people)


def _waits(session: Session, item_id: UUID) -> bool:
    """Whether the item is open and nobody's."""
    taken = select(col(DeskMark.id)).where(
        col(DeskMark.service) == "intake",
        col(DeskMark.item_id) == item_id,
        col(DeskMark.owner_id).is_not(None),
    )
    waiting = select(work_items.c.id).where(
        work_items.c.id == item_id, work_items.c.reason.in_(LOUD), work_items.c.resolved_at.is_(None)
    )
    return session.execute(waiting.where(~taken.exists())).first() is not None


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
