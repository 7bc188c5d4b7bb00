"""How the desk fares now and today, in counts: no row about a person leaves here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import String, cast, func, select
from sqlmodel import Session, col

from services.intake.calls.tables import Call, CallBack, CallState, Direction, Way
from services.intake.conversations.tables import Side
from services.intake.conversations.tables import Written as AnswerText
from services.intake.hours.queries import on_shift
from services.intake.requests.tables import AdviceRequest
from services.intake.supervising.rules import Reached, Try, reached
from shared.countries import DEFAULT

# A call of which the exchange told no end is over by then.
LONGEST_CALL = timedelta(hours=4)
LONGEST_RING = timedelta(minutes=15)
MOST_DAYS = 366


@dataclass(frozen=True)
class Now:
    """Who rings and who works at this moment. The oldest of each is None where there is none."""

    waiting: int
    in_call: int
    on_shift: int
    call_backs: int
    overdue: int
    oldest_waiting: datetime | None
    oldest_call_back: datetime | None


@dataclass(frozen=True)
class Written:
    """How many questions had their first written answer, and how long the middle one had waited for it."""

    answered: int
    waited: timedelta | None


@dataclass(frozen=True)
class Day:
    """One day on the wall clock of the centre."""

    day: date
    reached: Reached
    asked: int
    written: Written


def now(session: Session, at: datetime) -> Now:
    ringing = _calls(session, CallState.RINGING, at - LONGEST_RING)
    talking = _calls(session, CallState.ANSWERED, at - LONGEST_CALL, going_on=True)
    backs = session.execute(
        select(
            func.count(), func.count().filter(col(CallBack.due_at) < at), func.min(col(CallBack.opened_at))
        ).where(col(CallBack.ended).is_(None))
    ).one()
    return Now(
        waiting=ringing[0],
        in_call=talking[0],
        on_shift=len(set(on_shift(session, at))),
        call_backs=backs[0],
        overdue=backs[1],
        oldest_waiting=ringing[1],
        oldest_call_back=backs[2],
    )


def _calls(
    session: Session, state: CallState, since: datetime, *, going_on: bool = False
) -> tuple[int, datetime | None]:
    found = select(func.count(), func.min(col(Call.at))).where(col(Call.state) == state, col(Call.at) > since)
    if going_on:
        found = found.where(col(Call.ended_at).is_(None), col(Call.way) == Way.TELEPHONE)
    number, oldest = session.execute(found).one()
    return number, oldest


def days(session: Session, first: date, last: date) -> Iterator[Day]:
    """Yield each day of these, both included. At most a year of them."""
    for number in range(min((last - first).days + 1, MOST_DAYS)):
        day = first + timedelta(days=number)
        begins, ends = _of(day), _of(day + timedelta(days=1))
        yield Day(
            day,
            reached(_tries(session, begins, ends)),
            _asked(session, begins, ends),
            _written(session, begins, ends),
        )


def _tries(session: Session, begins: datetime, ends: datetime) -> Sequence[Try]:
    rows = session.execute(
        select(
            func.coalesce(func.encode(col(Call.number_index), "hex"), cast(col(Call.id), String)),
            col(Call.state),
            col(Call.no_talk),
            col(CallBack.id),
            col(CallBack.ended),
        )
        .outerjoin(CallBack, col(CallBack.of_call) == col(Call.id))
        .where(
            col(Call.at) >= begins,
            col(Call.at) < ends,
            col(Call.direction) == Direction.IN,
            col(Call.way) == Way.TELEPHONE,
        )
    )
    return [
        Try(caller, state, no_talk, back is not None and ended is None, ended)
        for caller, state, no_talk, back, ended in rows
    ]


def _asked(session: Session, begins: datetime, ends: datetime) -> int:
    asked = select(func.count()).where(
        col(AdviceRequest.received_at) >= begins, col(AdviceRequest.received_at) < ends
    )
    return int(session.execute(asked).scalar_one())


def _written(session: Session, begins: datetime, ends: datetime) -> Written:
    answers = (
        select(col(AnswerText.request_id), func.min(col(AnswerText.written_at)).label("at"))
        .where(col(AnswerText.side) == Side.CENTRE)
        .group_by(col(AnswerText.request_id))
        .subquery()
    )
    waited = answers.c.at - col(AdviceRequest.received_at)
    middle_wait: Any = func.percentile_cont(0.5).within_group(waited)
    found = (
        select(func.count(), middle_wait)
        .select_from(answers)
        .join(AdviceRequest, col(AdviceRequest.id) == answers.c.request_id)
    )
    number, middle = session.execute(found.where(answers.c.at >= begins, answers.c.at < ends)).one()
    return Written(number, middle)


def _of(day: date) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(DEFAULT.zone)).astimezone(UTC)
