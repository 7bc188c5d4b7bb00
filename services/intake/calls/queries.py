"""What is asked of calls. A caller is found by the fingerprint of their number, never by the number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from services.intake.calls.rules import CallerFacts
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
)
from services.intake.staff.tables import Person

SHOWN = 200
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
    """Return the calls that ring now, the one that waits longest first."""
    rows = select(Call).where(col(Call.state) == CallState.RINGING, col(Call.at) > since)
    return session.scalars(rows.order_by(col(Call.at)).limit(SHOWN)).all()


def unfinished(session: Session, now: datetime) -> Sequence[Call]:
    """Return the calls that somebody took and nobody finalised, the newest first."""
    rows = select(Call).where(col(Call.state) == CallState.ANSWERED, col(Call.at) > now - UNFINISHED)
    return session.scalars(rows.order_by(col(Call.at).desc()).limit(SHOWN)).all()


def since(session: Session, moment: datetime) -> Sequence[Call]:
    """Return the calls that are over, from this moment on, the newest first."""
    over = col(Call.state).in_([CallState.MISSED, CallState.FINALISED])
    rows = select(Call).where(over, col(Call.at) >= moment, col(Call.erased_at).is_(None))
    return session.scalars(rows.order_by(col(Call.at).desc()).limit(SHOWN)).all()


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
    """A call-back on the list, and how often it was tried."""

    back: CallBack
    tries: int


def open_backs(session: Session) -> list[Waiting]:
    """Return everybody who is to be called back, the one who is due first on top."""
    rows = session.execute(
        select(CallBack, func.count(col(Attempt.id)))
        .outerjoin(Attempt, col(Attempt.call_back_id) == col(CallBack.id))
        .where(col(CallBack.ended).is_(None))
        .group_by(col(CallBack.id))
        .order_by(col(CallBack.due_at))
        .limit(SHOWN)
    )
    return [Waiting(*row) for row in rows]


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
