"""How many texts there may be in a day: for one number, and for all of them together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, text
from sqlmodel import Session, col

from services.notify.channels.port import ChannelName
from services.notify.messages.tables import Attempt, AttemptState

DAY = timedelta(days=1)
ASK_AGAIN = timedelta(hours=1)
# Counting for all numbers is exact, one at a time, once so few are left that several could pass together.
CLOSE = 500
ALL_NUMBERS = 0x77656572


@dataclass(frozen=True)
class Limits:
    sms_per_number_per_day: int
    sms_per_day: int


@dataclass(frozen=True)
class Reached:
    """`scope` is `number` or `all`; ask again at `until`."""

    scope: str
    until: datetime


@dataclass
class Room:
    """How many texts went in the 24 hours before `at`, kept up to date while a transaction begins more."""

    limits: Limits
    at: datetime
    by_number: Counter[bytes]
    everybody: int

    def reached(self, to_index: bytes) -> Reached | None:
        """Whether one more text would be one too many."""
        if self.by_number[to_index] >= self.limits.sms_per_number_per_day:
            return Reached("number", self.at + ASK_AGAIN)
        full = self.everybody >= self.limits.sms_per_day
        return Reached("all", self.at + ASK_AGAIN) if full else None

    def take(self, to_index: bytes) -> None:
        self.by_number[to_index] += 1
        self.everybody += 1


def room(session: Session, to_indexes: Collection[bytes], limits: Limits, at: datetime) -> Room:
    """What is left for these numbers.

    Counts messages, not tries, and none that surely was not sent. Two that ask at once for the same number
    wait for each other until the caller commits.
    """
    if not to_indexes:
        return Room(limits, at, Counter(), 0)
    _one_at_a_time(session, sorted(int.from_bytes(index[:8], signed=True) for index in to_indexes))
    sent = select(col(Attempt.to_index), func.count(col(Attempt.message_id).distinct())).where(*_sent(at))
    numbers = session.execute(
        sent.where(col(Attempt.to_index).in_(to_indexes)).group_by(col(Attempt.to_index))
    )
    by_number = Counter({bytes(index): count for index, count in numbers.all()})
    everybody = _everybody(session, at)
    if limits.sms_per_day - everybody <= CLOSE:
        _one_at_a_time(session, [ALL_NUMBERS])
        everybody = _everybody(session, at)
    return Room(limits, at, by_number, everybody)


def _everybody(session: Session, at: datetime) -> int:
    number: int = session.execute(
        select(func.count(col(Attempt.message_id).distinct())).where(*_sent(at))
    ).scalar_one()
    return number


def _sent(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Attempt.channel) == ChannelName.SMS,
        col(Attempt.started_at) > at - DAY,
        col(Attempt.state) != AttemptState.NOT_SENT,
    )


def _one_at_a_time(session: Session, keys: Sequence[int]) -> None:
    """In the order given, which must be the same everywhere."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key"),
        {"keys": list(keys)},
    )
