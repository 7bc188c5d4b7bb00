"""How many texts may go in 24 hours: to one number, and to all numbers together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, text
from sqlmodel import Session, col

from services.notify.channels.port import ChannelName
from services.notify.messages.tables import Attempt, AttemptState

DAY = timedelta(days=1)
ASK_AGAIN = timedelta(hours=1)
# With this few texts left for all numbers, transactions count exactly and one at a time, so that they cannot
# pass the ceiling together.
CLOSE = 500
ALL_NUMBERS = 0x77656572


@dataclass(frozen=True)
class Limits:
    sms_per_number_per_day: int
    sms_per_day: int


@dataclass(frozen=True)
class Reached:
    """A ceiling that is reached. `scope` is `number` or `all`; ask again at `until`."""

    scope: str
    until: datetime


@dataclass
class Room:
    """The count of texts in the 24 hours before `at`, kept up to date while a transaction begins more."""

    limits: Limits
    at: datetime
    by_number: Counter[bytes]
    everybody: int
    # The messages of this batch that an earlier try has counted already, each with the number it went to.
    counted: Collection[tuple[UUID, bytes]]

    def reached(self, message_id: UUID, to_index: bytes) -> Reached | None:
        """Return the ceiling that this text would exceed, or None. Its own earlier tries do not count."""
        others = self.by_number[to_index] - self._counted_at(message_id, to_index)
        if others >= self.limits.sms_per_number_per_day:
            return Reached("number", self.at + ASK_AGAIN)
        full = self.everybody - self._counted(message_id) >= self.limits.sms_per_day
        return Reached("all", self.at + ASK_AGAIN) if full else None

    def take(self, message_id: UUID, to_index: bytes) -> None:
        self.by_number[to_index] += 1 - self._counted_at(message_id, to_index)
        self.everybody += 1 - self._counted(message_id)

    def _counted_at(self, message_id: UUID, to_index: bytes) -> int:
        return int((message_id, to_index) in self.counted)

    def _counted(self, message_id: UUID) -> int:
        return int(any(counted == message_id for counted, _ in self.counted))


def room(
    session: Session,
    to_indexes: Collection[bytes],
    message_ids: Collection[UUID],
    limits: Limits,
    at: datetime,
) -> Room:
    """Count what these numbers have received, so that the caller can begin more of these messages.

    Counts messages, not tries, and leaves out those that were surely not sent. Locks the numbers: another
    transaction that asks for the same number waits until the caller commits.
    """
    if not to_indexes:
        return Room(limits, at, Counter(), 0, ())
    _one_at_a_time(session, sorted(int.from_bytes(index[:8], signed=True) for index in to_indexes))
    by_number = _by_number(session, to_indexes, at)
    counted = _counted_before(session, message_ids, at)
    everybody = _everybody_at_most(session, at)
    if limits.sms_per_day - everybody <= CLOSE:
        _one_at_a_time(session, [ALL_NUMBERS])
        everybody = _everybody(session, at)
    return Room(limits, at, by_number, everybody, counted)


# The filter applies to the rows found by number: on a table that was never analysed PostgreSQL would
# otherwise read all texts of the day.
def _by_number(session: Session, to_indexes: Collection[bytes], at: datetime) -> Counter[bytes]:
    messages = func.count(col(Attempt.message_id).distinct()).filter(*_sent(at))
    rows = session.execute(
        select(col(Attempt.to_index), messages)
        .where(col(Attempt.to_index).in_(to_indexes))
        .group_by(col(Attempt.to_index))
    )
    return Counter({bytes(to_index): number for to_index, number in rows.all()})


def _counted_before(session: Session, message_ids: Collection[UUID], at: datetime) -> set[tuple[UUID, bytes]]:
    counts = and_(*_sent(at))
    tries = select(col(Attempt.message_id), col(Attempt.to_index), counts).where(
        col(Attempt.message_id).in_(message_ids)
    )
    return {
        (message_id, bytes(to_index))
        for message_id, to_index, counts in session.execute(tries).all()
        if counts
    }


def _everybody_at_most(session: Session, at: datetime) -> int:
    """Count tries, not messages: the index alone gives that, and far from the ceiling it is near enough."""
    tries = select(func.count()).where(
        col(Attempt.channel) == ChannelName.SMS, col(Attempt.started_at) > at - DAY
    )
    number: int = session.execute(tries).scalar_one()
    return number


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
    """Take the locks in the order given, which must be the same everywhere."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key"),
        {"keys": list(keys)},
    )
