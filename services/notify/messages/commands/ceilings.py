"""How many texts may go in 24 hours, and for how much money: to one number, and to all numbers together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, text
from sqlmodel import Session, col

from services.notify.channels.port import ChannelName
from services.notify.channels.prices import DEAREST, Prices
from services.notify.messages.budgets import left
from services.notify.messages.tables import Attempt, AttemptState, Budget

DAY = timedelta(days=1)
ASK_AGAIN = timedelta(hours=1)
# With this few texts left for all numbers, transactions count exactly and one at a time, so that they cannot
# pass the ceiling together.
CLOSE = 500
ALL_NUMBERS = 0x77656572


@dataclass(frozen=True)
class Limits:
    """`cost_per_day` is in ten-thousandths of the currency that the prices are in; None: no such ceiling."""

    sms_per_number_per_day: int
    sms_per_day: int
    cost_per_day: int | None = None
    prices: Prices = field(default_factory=Prices)


@dataclass(frozen=True)
class Asked:
    """A text that is to go: from what it is paid, and what it costs."""

    message_id: UUID
    to_index: bytes
    budget: Budget
    cost: int


@dataclass(frozen=True)
class Reached:
    """A ceiling that is reached. `scope` is `number`, `all`, `unproven` or `cost`; ask again at `until`."""

    scope: str
    until: datetime


@dataclass
class Room:
    """What went in the 24 hours before `at`, kept up to date while a transaction begins more."""

    limits: Limits
    at: datetime
    by_number: Counter[bytes]
    texts: Counter[Budget]
    costs: Counter[Budget]
    # The messages of this batch that an earlier try has counted already, each with the number it went to.
    counted: Collection[tuple[UUID, bytes]]

    def reached(self, asked: Asked) -> Reached | None:
        """Return the ceiling that this text would exceed, or None. Its own earlier tries do not count.

        Their cost does: what is sent again is paid for again.
        """
        if asked.budget is Budget.FREE:
            return None
        others = self.by_number[asked.to_index] - self._counted_at(asked)
        if others >= self.limits.sms_per_number_per_day:
            return self._until("number")
        if left(asked.budget, self.texts, self.limits.sms_per_day) + self._counted(asked) < 1:
            return self._until("unproven" if asked.budget is Budget.UNPROVEN else "all")
        most = self.limits.cost_per_day
        if most is not None and left(asked.budget, self.costs, most) < asked.cost:
            return self._until("cost")
        return None

    def take(self, asked: Asked) -> None:
        if asked.budget is not Budget.FREE:
            self.by_number[asked.to_index] += 1 - self._counted_at(asked)
            self.texts[asked.budget] += 1 - self._counted(asked)
            self.costs[asked.budget] += asked.cost

    def _until(self, scope: str) -> Reached:
        return Reached(scope, self.at + ASK_AGAIN)

    def _counted_at(self, asked: Asked) -> int:
        return int((asked.message_id, asked.to_index) in self.counted)

    def _counted(self, asked: Asked) -> int:
        return int(any(counted == asked.message_id for counted, _ in self.counted))


def room(session: Session, asked: Collection[Asked], limits: Limits, at: datetime) -> Room:
    """Count what went, so that the caller can begin more of these texts.

    Counts messages, not tries, and leaves out those that were surely not sent, and those that wait for no
    ceiling. Locks the numbers: another transaction that asks for the same number waits until the caller
    commits.
    """
    asked = [one for one in asked if one.budget is not Budget.FREE]
    if not asked:
        return Room(limits, at, Counter(), Counter(), Counter(), ())
    numbers = {one.to_index for one in asked}
    _one_at_a_time(session, sorted(int.from_bytes(index[:8], signed=True) for index in numbers))
    by_number = _by_number(session, numbers, at)
    counted = _counted_before(session, [one.message_id for one in asked], at)
    texts, costs = _everybody_at_most(session, at)
    if _is_close({one.budget for one in asked}, texts, costs, limits):
        _one_at_a_time(session, [ALL_NUMBERS])
        texts, costs = _everybody(session, at)
    return Room(limits, at, by_number, texts, costs, counted)


def _is_close(
    budgets: Collection[Budget], texts: Mapping[Budget, int], costs: Mapping[Budget, int], limits: Limits
) -> bool:
    """Whether other transactions that count now could, together with this one, pass a ceiling of these."""
    money, dearest = limits.cost_per_day, limits.prices.dearest * DEAREST
    return any(
        left(budget, texts, limits.sms_per_day) <= CLOSE
        or (money is not None and left(budget, costs, money) <= CLOSE * dearest)
        for budget in budgets
    )


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


# A text of a version that knew no budgets is one of the rest.
BUDGET = func.coalesce(col(Attempt.budget), Budget.REST)
Totals = tuple[Counter[Budget], Counter[Budget]]


def _everybody_at_most(session: Session, at: datetime) -> Totals:
    """Count tries, not messages: the index alone gives that, and far from the ceiling it is near enough."""
    of_today = (col(Attempt.channel) == ChannelName.SMS, col(Attempt.started_at) > at - DAY)
    return _totals(session, func.count(), of_today)


def _everybody(session: Session, at: datetime) -> Totals:
    return _totals(session, func.count(col(Attempt.message_id).distinct()), _sent(at))


def _totals(session: Session, number: ColumnElement[int], which: Sequence[ColumnElement[bool]]) -> Totals:
    rows = session.execute(
        select(col(Attempt.budget), number, func.coalesce(func.sum(col(Attempt.cost)), 0))
        .where(*which)
        .group_by(col(Attempt.budget))
    )
    texts: Counter[Budget] = Counter()
    costs: Counter[Budget] = Counter()
    for budget, many, cost in rows.all():
        texts[budget or Budget.REST] += many
        costs[budget or Budget.REST] += int(cost)
    return texts, costs


def _sent(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Attempt.channel) == ChannelName.SMS,
        col(Attempt.started_at) > at - DAY,
        col(Attempt.state) != AttemptState.NOT_SENT,
        BUDGET != Budget.FREE,
    )


def _one_at_a_time(session: Session, keys: Sequence[int]) -> None:
    """Take the locks in the order given, which must be the same everywhere."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key"),
        {"keys": list(keys)},
    )
