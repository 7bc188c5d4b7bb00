"""How many texts there may be in a day: for one number, and for all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from services.notify.channels.port import ChannelName
from services.notify.messages.tables import Attempt, AttemptState

DAY = timedelta(days=1)
ASK_AGAIN = timedelta(hours=1)
# Counting for all numbers is exact, one at a time, once so few are left that two could pass together.
CLOSE = 100
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


def reached(
    session: Session, channel: ChannelName, to_index: bytes, message_id: UUID, limits: Limits, at: datetime
) -> Reached | None:
    """Whether one more text would be one too many in the 24 hours before `at`.

    Counts messages, not tries, and none that surely was not sent. Two that ask at once for the same number
    wait for each other until the caller commits.
    """
    if channel is not ChannelName.SMS:
        return None
    _one_at_a_time(session, int.from_bytes(to_index[:8], signed=True))
    if _count(session, message_id, at, to_index) >= limits.sms_per_number_per_day:
        return Reached("number", at + ASK_AGAIN)
    everybody = _count(session, message_id, at)
    if limits.sms_per_day - everybody <= CLOSE:
        _one_at_a_time(session, ALL_NUMBERS)
        everybody = _count(session, message_id, at)
    return Reached("all", at + ASK_AGAIN) if everybody >= limits.sms_per_day else None


def _count(session: Session, message_id: UUID, at: datetime, to_index: bytes | None = None) -> int:
    counted = select(func.count(col(Attempt.message_id).distinct())).where(
        col(Attempt.channel) == ChannelName.SMS,
        col(Attempt.started_at) > at - DAY,
        col(Attempt.state) != AttemptState.NOT_SENT,
        col(Attempt.message_id) != message_id,
    )
    if to_index is not None:
        counted = counted.where(col(Attempt.to_index) == to_index)
    number: int = session.execute(counted).scalar_one()
    return number


def _one_at_a_time(session: Session, key: int) -> None:
    session.execute(select(func.pg_advisory_xact_lock(key)))
