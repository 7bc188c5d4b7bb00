from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID, uuid5

from sqlalchemy import Integer, Table, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from services.intake.desk import commands_alarm, commands_forgetting, queries
from services.intake.desk.commands_alarm import OnDuty
from services.intake.desk.tables import DeskAlarm, DeskWatch
from services.intake.hours.queries import on_shift
from services.intake.staff.tables import Person
from shared.database.columns import UtcDateTime
from shared.events.desk import Ask, AskErased, AskLoud, Erased, Loud
from shared.events.details import Answer
from shared.events.services import SERVICES
from shared.messaging import DueWork
from shared.messaging.work import LEASE
from shared.peers import PeerUnavailable
from shared.runtime import Runtime
from shared.security.service_tokens import Acting

log = logging.getLogger(__name__)
A = TypeVar("A", bound=Answer)
ALARMS: Table = DeskAlarm.__table__  # type: ignore[attr-defined]
WATCHES: Table = DeskWatch.__table__  # type: ignore[attr-defined]
ITSELF = Acting("system", "weerzien")
NAMESPACE = UUID("0b0f6c62-5c7e-4f0e-8f53-9a1b1d2f7a44")
ELSEWHERE = {uuid5(NAMESPACE, name): name for name in SERVICES if name != "intake"}
# The dispatcher runs this many times a second, so it is built once.
DUE_NOW = (
    select(ALARMS.c.item_id)
    .where(
        ALARMS.c.next_at <= bindparam("now", type_=UtcDateTime()),
        ALARMS.c.leased_until.is_(None) | (ALARMS.c.leased_until < func.clock_timestamp()),
        queries.still_waits(ALARMS.c.item_id),
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

WATCH_DUE = (
    select(WATCHES.c.id)
    .where(
        WATCHES.c.due_at <= bindparam("now", type_=UtcDateTime()),
        WATCHES.c.leased_until.is_(None) | (WATCHES.c.leased_until < func.clock_timestamp()),
    )
    .with_for_update(skip_locked=True)
)
CLAIM_WATCHES = (
    update(WATCHES)
    .where(WATCHES.c.id.in_(WATCH_DUE))
    .values(leased_until=func.clock_timestamp() + LEASE)
    .returning(WATCHES.c.id)
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


def claim_watches(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lease the other services that are to be asked now what is about somebody's safety there."""
    both = [{"id": id, "service": name, "due_at": now} for id, name in ELSEWHERE.items()]
    session.execute(insert(WATCHES).values(both).on_conflict_do_nothing())
    return session.execute(CLAIM_WATCHES, {"now": now}).scalars().all()


def hear(runtime: Runtime, ids: Sequence[UUID]) -> None:
    """Ask these services, each apart: one that is away keeps no alarm of another back, nor its own."""
    for name in (ELSEWHERE[one] for one in ids if one in ELSEWHERE):
        found = _asked(runtime, name, AskLoud(), Loud)
        with runtime.sessions() as session:
            commands_alarm.hear(session, name, found, at=runtime.clock.now())
        _forget(runtime, name)


def _asked(runtime: Runtime, name: str, asked: Ask, kind: type[A]) -> A | None:
    try:
        return runtime.peers.at_desk(name, asked, kind, ITSELF)
    except PeerUnavailable as problem:
        log.warning("a service is asked again later: %s", problem)
        return None


def _forget(runtime: Runtime, name: str) -> None:
    """Let go of what was noted beside items of people who were erased, if it is time to ask."""
    now, after = runtime.clock.now(), None
    while items := _noted(runtime, name, now, after):
        erased = _asked(runtime, name, AskErased(ids=tuple(items)), Erased)
        if erased is None:
            return
        after = items[-1]
        with runtime.sessions() as session:
            commands_forgetting.forget(session, name, erased.ids)
    if after is not None:
        with runtime.sessions() as session:
            commands_forgetting.compared(session, name, at=now)


def _noted(runtime: Runtime, name: str, at: datetime, after: UUID | None) -> Sequence[UUID]:
    with runtime.sessions() as session:
        return commands_forgetting.noted(session, name, at=at, after=after)


DUE = (
    DueWork("intake.desk.louder", claim_louder, grow_louder),
    DueWork("intake.desk.hear", claim_watches, hear, batch=1),
)
