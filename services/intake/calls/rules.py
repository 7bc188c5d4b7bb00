"""What a call is, after each thing that the telephone exchange tells of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.intake.calls.tables import Call, CallState, Direction

# A missed call is called back on the same day: sooner than most people try again.
MISSED_WITHIN = timedelta(hours=2)


def rang(call: Call, at: datetime) -> None:
    """It began at the earliest moment that we heard of it, in whatever order we did."""
    call.at = min(call.at, at)


def answered(call: Call, user: str | None, at: datetime) -> None:
    """Somebody took it. That is heard too after the end of the call, and then it was never missed."""
    call.at = min(call.at, at)
    call.answered_at = min(filter(None, (call.answered_at, at, call.ended_at)))
    call.exchange_user = call.exchange_user or user
    _settle(call)


def hung_up(call: Call, cause: str | None, at: datetime) -> None:
    """It is over. The first word of that counts."""
    call.at = min(call.at, at)
    call.ended_at = min(filter(None, (call.ended_at, at)))
    call.cause = call.cause or cause
    if call.answered_at is not None:
        call.answered_at = min(call.answered_at, call.ended_at)
    _settle(call)


def _settle(call: Call) -> None:
    if call.answered_at is not None and call.ended_at is not None:
        call.duration = int((call.ended_at - call.answered_at).total_seconds())
    if call.state is CallState.FINALISED:
        return
    if call.answered_at is not None:
        call.state = CallState.ANSWERED
    elif call.ended_at is not None:
        call.state = CallState.MISSED


def wants_a_call_back(call: Call) -> bool:
    """Whether this is a missed call of somebody who can be called."""
    return call.state is CallState.MISSED and call.direction is Direction.IN and call.number_index is not None
