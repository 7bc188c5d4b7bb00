"""What is asked of calls. A caller is found by the fingerprint of their number, never by the number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, select
from sqlmodel import Session, col

from services.intake.calls.rules import LONGEST_CALL, CallerFacts
from services.intake.calls.tables import (
    Attempt,
    Call,
    CallBack,
    Caller,
    CallNote,
    CallState,
    Flag,
    FlagKind,
    Sending,
    Why,
)
from services.intake.staff.tables import Person

SHOWN = 200
ON_A_PAGE = 100
UNFINISHED = timedelta(days=30)


@dataclass(frozen=True)
class History:
    """What the desk sees of somebody who called before, without their number.

    `times`: how often they called before. `open_backs`: call-backs that were promised, or that a missed call
    asks for.
    """

    times: int
    last_at: datetime | None
    last_with: str | None
    open_backs: Sequence[CallBack]
    note: str | None
    flags: Sequence[Flag]


NOBODY = History(0, None, None, (), None, ())


def call(session: Session, call_id: UUID) -> Call | None:
    found = session.get(Call, call_id)
    return found if found is not None and found.erased_at is None else None


def ringing(session: Session, since: datetime) -> Sequence[Call]:
    """Return the calls that ring now, the one that waits longest first.

    Of more than anybody can take those that began last: who rings at this moment is never left out.
    """
    rows = select(Call).where(col(Call.state) == CallState.RINGING, col(Call.at) > since)
    return session.scalars(rows.order_by(col(Call.at).desc()).limit(SHOWN)).all()[::-1]


def unfinished(session: Session, now: datetime) -> Sequence[Call]:
    """Return the calls that somebody took and nobody finalised, the newest first."""
    rows = select(Call).where(col(Call.state) == CallState.ANSWERED, col(Call.at) > now - UNFINISHED)
    return session.scalars(rows.order_by(col(Call.at).desc()).limit(SHOWN)).all()


def since(session: Session, moment: datetime) -> Sequence[Call]:
    """Return the calls that are over, from this moment on, the newest first."""
    over = col(Call.state).in_([CallState.MISSED, CallState.FINALISED])
    rows = select(Call).where(over, col(Call.at) >= moment, col(Call.erased_at).is_(None))
    return session.scalars(rows.order_by(col(Call.at).desc()).limit(SHOWN)).all()


def going_on(session: Session, at: datetime) -> Sequence[Call]:
    """Return the calls of an exchange that ring or go on, the newest first."""
    wanted = select(Call).where(
        col(Call.state).in_((CallState.RINGING, CallState.ANSWERED)),
        col(Call.at) > at - LONGEST_CALL,
        col(Call.call_id).is_not(None),
        col(Call.ended_at).is_(None),
    )
    return session.scalars(wanted.order_by(col(Call.at).desc()).limit(SHOWN)).all()


def was_connected(session: Session, call_id: str) -> bool:
    """Whether somebody at the desk took the call at the telephone, by the exchange's own id of it."""
    found = select(col(Call.id)).where(col(Call.call_id) == call_id, col(Call.exchange_user).is_not(None))
    return session.execute(found).first() is not None


def names(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Return what people who work here are called."""
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    rows = session.execute(select(col(Person.id), col(Person.name)).where(col(Person.id).in_(wanted)))
    return {row[0]: row[1] for row in rows}


def history(session: Session, call: Call, now: datetime) -> History:
    """Return what is known of whoever called before from the number of this call."""
    if call.number_index is None:
        return NOBODY
    theirs = col(Call.number_index) == call.number_index
    before = theirs & (col(Call.id) != call.id)
    latest = select(col(Call.at)).where(before).order_by(col(Call.at).desc()).limit(1)
    with_whom = (
        select(col(Person.name))
        .join(Call, col(Call.adviser) == col(Person.id))
        .where(before)
        .order_by(col(Call.at).desc())
        .limit(1)
    )
    # All are counted, this one too: the index alone then answers.
    all_of_them = select(func.count()).select_from(Call).where(theirs)
    times, last_at, name = session.execute(
        select(*(one.scalar_subquery() for one in (all_of_them, latest, with_whom)))
    ).one()
    note, flags = _approach(session, call.number_index, now)
    return History(max(times - 1, 0), last_at, name, open_backs_of(session, call.number_index), note, flags)


def _approach(session: Session, index: bytes, now: datetime) -> tuple[str | None, Sequence[Flag]]:
    """Return how to approach a caller, and the flags that are not over, those not agreed to yet too."""
    running = (col(Flag.caller_id) == col(Caller.id)) & (col(Flag.ends_at) > now)
    rows = session.execute(
        select(Caller, Flag)
        .outerjoin(Flag, running)
        .where(col(Caller.number_index) == index)
        .order_by(col(Flag.asked_at))
    ).all()
    return (rows[0][0].note if rows else None), [row[1] for row in rows if row[1] is not None]


def of_number(session: Session, index: bytes) -> Caller | None:
    return session.scalars(select(Caller).where(col(Caller.number_index) == index)).one_or_none()


def pauses_to_agree(session: Session, now: datetime) -> Sequence[Flag]:
    """Return the pauses that wait for a second person."""
    rows = select(Flag).where(
        col(Flag.kind) == FlagKind.PAUSE, col(Flag.agreed_at).is_(None), col(Flag.ends_at) > now
    )
    return session.scalars(rows.order_by(col(Flag.asked_at)).limit(SHOWN)).all()


def pauses_of(session: Session, index: bytes | None, at: datetime) -> Sequence[Flag]:
    """Return the pauses of a number that are not over, those not agreed to yet too."""
    rows = select(Flag).join(Caller, col(Caller.id) == col(Flag.caller_id))
    theirs = col(Caller.number_index) == index, col(Flag.kind) == FlagKind.PAUSE, col(Flag.ends_at) > at
    return session.scalars(rows.where(*theirs)).all() if index is not None else ()


def caller_facts(session: Session, index: bytes) -> CallerFacts:
    """Return what decides on a pause."""
    rows = session.execute(
        select(col(Call.audience), col(Call.no_talk)).where(
            col(Call.number_index) == index, col(Call.state) == CallState.FINALISED
        )
    ).all()
    return CallerFacts({row[0] for row in rows if row[0]}, [row[1] for row in rows])


def open_backs_of(session: Session, index: bytes | None) -> Sequence[CallBack]:
    if index is None:
        return ()
    rows = select(CallBack).where(col(CallBack.number_index) == index, col(CallBack.ended).is_(None))
    return session.scalars(rows.order_by(col(CallBack.due_at))).all()


def call_back(session: Session, id: UUID, *, lock: bool = False) -> CallBack | None:
    rows = select(CallBack).where(col(CallBack.id) == id).execution_options(populate_existing=True)
    return session.scalars(rows.with_for_update() if lock else rows).one_or_none()


@dataclass(frozen=True)
class Waiting:
    """A call-back on the list, how often it was tried, and how many missed calls of this number it is for."""

    back: CallBack
    tries: int
    calls: int


def open_backs(session: Session, number: int = 1) -> tuple[list[Waiting], int]:
    """Return a page of those who are to be called back, who is due first on top, and how many there are.

    Whoever rang ten times stands there once.
    """
    one = _each_once().subquery()
    tries = select(func.count()).where(col(Attempt.call_back_id) == one.c.id).scalar_subquery()
    rows = session.execute(
        select(CallBack, tries, one.c.calls)
        .join(one, col(CallBack.id) == one.c.id)
        .where(one.c.first == 1)
        .order_by(col(CallBack.due_at), col(CallBack.id))
        .limit(ON_A_PAGE)
        .offset((number - 1) * ON_A_PAGE)
    ).all()
    total = session.execute(select(func.count()).select_from(one).where(one.c.first == 1)).scalar_one()
    return [Waiting(*row) for row in rows], int(total)


def _each_once() -> Select[Any]:
    """Return open call-backs; of the missed calls of a number the `first` is 1, and `calls` counts them."""
    promised = case((col(CallBack.why) != Why.MISSED, col(CallBack.id)))
    same, in_order = (col(CallBack.number_index), promised), (col(CallBack.due_at), col(CallBack.id))
    first = func.row_number().over(partition_by=same, order_by=in_order).label("first")
    number = func.count().over(partition_by=same).label("calls")
    return select(col(CallBack.id), first, number).where(col(CallBack.ended).is_(None))


def count_overdue(session: Session, now: datetime) -> int:
    """Return how many should have been called back by now."""
    number: int = session.execute(
        select(func.count())
        .select_from(CallBack)
        .where(col(CallBack.ended).is_(None), col(CallBack.due_at) < now)
    ).scalar_one()
    return number


def attempts(session: Session, back_id: UUID) -> Sequence[Attempt]:
    rows = select(Attempt).where(col(Attempt.call_back_id) == back_id)
    return session.scalars(rows.order_by(col(Attempt.at), col(Attempt.id))).all()


def notes(session: Session, call_id: UUID) -> Sequence[CallNote]:
    return session.scalars(
        select(CallNote).where(col(CallNote.call_id) == call_id).order_by(col(CallNote.at))
    ).all()


def sendings(session: Session, call_id: UUID) -> Sequence[Sending]:
    return session.scalars(
        select(Sending).where(col(Sending.call_id) == call_id).order_by(col(Sending.at))
    ).all()
