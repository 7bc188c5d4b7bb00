from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Integer, Table, bindparam, func, select, update
from sqlmodel import Session

from services.intake.desk import commands_alarm, queries
from services.intake.desk.commands_alarm import OnDuty
from services.intake.desk.tables import DeskAlarm, DeskMark
from services.intake.hours.queries import on_shift
from services.intake.staff.tables import Person
from shared.database.columns import UtcDateTime
from shared.desk.tables import work_items
from shared.messaging import DueWork
from shared.messaging.work import LEASE
from shared.runtime import Runtime

ALARMS: Table = DeskAlarm.__table__  # type: ignore[attr-defined]
MARKS: Table = DeskMark.__table__  # type: ignore[attr-defined]
TAKEN = select(MARKS.c.id).where(MARKS.c.item_id == ALARMS.c.item_id, MARKS.c.owner_id.is_not(None))
WAITING = select(work_items.c.id).where(
    work_items.c.id == ALARMS.c.item_id, work_items.c.resolved_at.is_(None)
)
# The dispatcher runs this many times a second, so it is built once.
DUE_NOW = (
    select(ALARMS.c.item_id)
    .where(
        ALARMS.c.next_at <= bindparam("now", type_=UtcDateTime()),
        ALARMS.c.leased_until.is_(None) | (ALARMS.c.leased_until < func.clock_timestamp()),
        WAITING.exists(),
        ~TAKEN.exists(),
    )
    .order_by(ALARMS.c.next_at)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True)
)
CLAIM = (
    update(ALARMS)
    .where(ALARMS.c.item_id.in_(DUE_NOW))
    .values(leased_until=func.clock_timestamp() + LEASE)
    .returning(ALARMS.c.item_id)
)


def claim_louder(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lease the items about somebody's safety that nobody took in time, and return their ids."""
    commands_alarm.watch(session)
    return session.execute(CLAIM, {"now": now, "limit": limit}).scalars().all()


def grow_louder(runtime: Runtime, ids: Sequence[UUID]) -> None:
    """Call people to each of these, in a transaction of its own."""
    for item_id in ids:
        with runtime.sessions() as session:
            commands_alarm.grow_louder(
                session,
                item_id,
                at=runtime.clock.now(),
                on_duty=on_duty(runtime),
                machine_now=datetime.now(UTC),
            )


def on_duty(runtime: Runtime) -> OnDuty:
    """Whoever has a shift now, and where nobody keeps shifts whoever is signed in."""

    def whom(session: Session, machine_now: datetime) -> Sequence[Person]:
        there = set(on_shift(session, runtime.clock.now()))
        found = [one for one in queries.at_the_desk(session) if one.id in there]
        return found or commands_alarm.signed_in_now(session, machine_now)

    return whom


DUE = (DueWork("intake.desk.louder", claim_louder, grow_louder),)
