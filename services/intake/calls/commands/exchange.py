"""What the telephone exchange tells of a call. Each command is one transaction and commits at its end.

Each may come twice and in any order, also at the same moment: the record is the same in the end.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from services.intake.calls import callbacks, rules
from services.intake.calls.numbers import index_of, number_of
from services.intake.calls.tables import Call, CallState, Direction
from shared.ids import new_id

LONGEST_CODE = 100


def ring(
    session: Session,
    call_id: str,
    number: str | None,
    to: str | None,
    at: datetime,
    direction: Direction = Direction.IN,
) -> Call:
    """Note that a call rings. `number` is as the exchange wrote it; None or `anonymous` where it is hidden.

    For a call that goes out, the other end is `to`.
    """
    call = _locked(session, call_id, at)
    rules.rang(call, at)
    call.direction = direction
    own, other = (to, number) if direction is Direction.IN else (number, to)
    _know_number(call, number_of(other, own))
    if direction is Direction.IN:
        call.line = call.line or number_of(own)
    return _keep(session, call, at)


def answer(session: Session, call_id: str, user: str | None, at: datetime) -> Call:
    """Note that somebody took the call: `user` as the exchange calls them."""
    call = _locked(session, call_id, at)
    rules.answered(call, user[:LONGEST_CODE] if user else None, at)
    return _keep(session, call, at)


def hang_up(session: Session, call_id: str, cause: str | None, at: datetime) -> Call:
    """Note that the call is over. One that nobody took is called back, where there is a number."""
    call = _locked(session, call_id, at)
    rules.hung_up(call, cause[:LONGEST_CODE] if cause else None, at)
    return _keep(session, call, at)


def _locked(session: Session, call_id: str, at: datetime) -> Call:
    """Return the call with this id of the exchange, a new one where nothing of it was heard before."""
    new = {
        "id": new_id(),
        "call_id": call_id,
        "way": "telephone",
        "direction": Direction.IN,
        "state": CallState.RINGING,
        "at": at,
        "anonymous": True,
        "draft_version": 0,
        "form_version": 1,
        "needs": [],
        "ages": [],
        "danger": False,
        "outcomes": [],
        "services": [],
    }
    session.execute(insert(Call).values(new).on_conflict_do_nothing(index_elements=["call_id"]))
    return session.scalars(select(Call).where(col(Call.call_id) == call_id).with_for_update()).one()


def _know_number(call: Call, number: str | None) -> None:
    if number is None or call.number_index is not None or call.state is CallState.FINALISED:
        return
    call.number, call.number_index, call.anonymous = number, index_of(number), False


def _keep(session: Session, call: Call, at: datetime) -> Call:
    session.add(call)
    session.flush()
    if rules.wants_a_call_back(call):
        callbacks.open_for_missed(session, call, at=at)
    elif call.state is CallState.ANSWERED:
        callbacks.not_missed(session, call, at=at)
    session.commit()
    return call
