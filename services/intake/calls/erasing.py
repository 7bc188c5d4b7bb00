"""What is kept of somebody who called goes, when asked and in time. Nothing here commits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, delete, func, select, update
from sqlmodel import Session, col

from services.intake.calls.numbers import index_of
from services.intake.calls.tables import (
    Attempt,
    Call,
    CallBack,
    Caller,
    CallNote,
    CallState,
    Ended,
    Flag,
    Sending,
)
from shared.desk.items import forget_about
from shared.events.erasure import Whom
from shared.forgetting import Counts, Period, Things
from shared.forgetting.batches import delete_some, empty_rows, some_ids

CALLS, BACKS, CALLERS, SENDINGS = "calls", "callBacks", "callers", "callTexts"


def find(session: Session, whom: Whom) -> Things:
    """By number and address everything; by an advice request the call that it was made from."""
    keys = [index_of(one) for one in (*whom.phones, *whom.emails)]
    here = col(Call.number_index).in_(keys) | col(Call.request_id).in_(whom.request_ids)
    calls = _ids(session, select(col(Call.id)).where(here, col(Call.erased_at).is_(None)))
    sent = col(Sending.to_index).in_(keys) | col(Sending.call_id).in_(calls)
    backs = select(col(Call.call_back_id)).where(col(Call.id).in_(calls))
    meant = col(CallBack.number_index).in_(keys) | col(CallBack.id).in_(backs)
    return {
        CALLS: calls,
        BACKS: _ids(session, select(col(CallBack.id)).where(meant, col(CallBack.number).is_not(None))),
        CALLERS: _ids(session, select(col(Caller.id)).where(col(Caller.number_index).in_(keys))),
        SENDINGS: _ids(session, select(col(Sending.id)).where(sent)),
    }


def erase(session: Session, things: Things, at: datetime) -> Counts:
    """Strip calls to codes, close and empty call-backs, and delete what is left. Idempotent.

    Only what there was is counted.
    """
    calls, backs = sorted(things.get(CALLS, ())), sorted(things.get(BACKS, ()))
    callers, sent = things.get(CALLERS, ()), things.get(SENDINGS, ())
    flags = _ids(session, select(col(Flag.id)).where(col(Flag.caller_id).in_(callers)))
    counts = {
        CALLS: _strip_calls(session, calls, at),
        BACKS: _empty_backs(session, backs, at),
        CALLERS: _delete(session, Caller, col(Caller.id).in_(callers)),
        SENDINGS: _delete(session, Sending, col(Sending.id).in_(sent)),
        "workItems": forget_about(session, [*calls, *backs, *flags], at=at),
    }
    _delete(session, Flag, col(Flag.id).in_(flags))
    return {kind: number for kind, number in counts.items() if number}


def _strip_calls(session: Session, ids: Sequence[UUID], at: datetime) -> int:
    """Leave what nobody can be told by: codes, and a month in place of the day."""
    _delete(session, CallNote, col(CallNote.call_id).in_(ids))
    over = {
        "call_id": None,
        "number_index": None,
        "anonymous": True,
        "exchange_user": None,
        "request_id": None,
        "call_back_id": None,
        "danger": False,
        "state": _ended_state(),
        "at": func.date_trunc("month", Call.at),
        "answered_at": None,
        "ended_at": None,
        "finalised_at": None,
        "erased_at": at,
    }
    left = _ids(session, select(col(Call.id)).where(col(Call.id).in_(ids), col(Call.erased_at).is_(None)))
    return empty_rows(session, Call, left, over)


def _ended_state() -> Any:
    """A call that nobody took stays a missed one in the figures."""
    missed = col(Call.state) == CallState.MISSED
    return case((missed, CallState.MISSED.value), else_=CallState.FINALISED.value)


def _empty_backs(session: Session, ids: Sequence[UUID], at: datetime) -> int:
    done = empty_rows(session, CallBack, ids, {"number_index": None, "safe_times": []})
    still_open = update(CallBack).where(col(CallBack.id).in_(ids), col(CallBack.ended).is_(None))
    session.execute(still_open.values(ended=Ended.ERASED, ended_at=at))
    return done


def _ids(session: Session, chosen: Any) -> list[UUID]:
    return list(session.execute(chosen).scalars())


def _delete(session: Session, table: Any, which: Any) -> int:
    return len(session.execute(delete(table).where(which).returning(table.id)).all())


def _every(chosen: Any) -> Callable[[Session], Iterable[UUID]]:
    return lambda session: _ids(session, chosen)


IDS: Mapping[str, Callable[[Session], Iterable[UUID]]] = {
    CALLS: _every(select(col(Call.id)).where(col(Call.erased_at).is_(None))),
    BACKS: _every(select(col(CallBack.id)).where(col(CallBack.number).is_not(None))),
    CALLERS: _every(select(col(Caller.id))),
    SENDINGS: _every(select(col(Sending.id))),
}


def old_calls(session: Session, before: datetime, limit: int, at: datetime) -> int:
    """Strip calls from before this moment to codes."""
    old = (col(Call.at) < before) & col(Call.erased_at).is_(None)
    ids = some_ids(session, Call, old, limit)
    erase(session, {CALLS: ids}, at)
    return len(ids)


def old_codes(session: Session, before: datetime, limit: int, at: datetime) -> int:
    return delete_some(session, Call, col(Call.erased_at) < before, limit)


def old_backs(session: Session, before: datetime, limit: int, at: datetime) -> int:
    """Delete call-backs that ended before this moment, with what was tried."""
    ids = some_ids(session, CallBack, col(CallBack.ended_at) < before, limit)
    _delete(session, Attempt, col(Attempt.call_back_id).in_(ids))
    return _delete(session, CallBack, col(CallBack.id).in_(ids))


def old_callers(session: Session, before: datetime, limit: int, at: datetime) -> int:
    """Delete what is kept of callers of whom nothing changed since this moment, unless a flag still runs."""
    running = (
        select(col(Flag.id)).where(col(Flag.caller_id) == col(Caller.id), col(Flag.ends_at) > at).exists()
    )
    ids = some_ids(session, Caller, (col(Caller.changed_at) < before) & ~running, limit)
    return erase(session, {CALLERS: ids}, at).get(CALLERS, 0)


def old_sendings(session: Session, before: datetime, limit: int, at: datetime) -> int:
    return delete_some(session, Sending, col(Sending.at) < before, limit)


PERIODS = (
    Period("keep_calls_days", old_calls),
    Period("keep_call_figures_days", old_codes),
    Period("keep_call_backs_days", old_backs),
    Period("keep_callers_days", old_callers),
    Period("keep_call_texts_days", old_sendings),
)
