"""How many texts may go in 24 hours, and for how much money: to one number, and to all numbers together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, FunctionElement, and_, func, select, text
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
    texts, costs = _used({one.budget for one in asked}, session, limits, at)
    return Room(limits, at, by_number, texts, costs, counted)


def _used(budgets: Collection[Budget], session: Session, limits: Limits, at: datetime) -> Totals:
    """Return what was used: a bound where every ceiling is far, near one more, and close to it the truth."""
    tries = _tries(session, at)
    bound = Counter({Budget.REST: tries})
    if Budget.UNPROVEN in budgets:
        bound[Budget.UNPROVEN] = tries
    if limits.cost_per_day is None and not _is_close(budgets, bound, {}, limits):
        return bound, Counter()
    texts, costs = _everybody_at_most(session, limits, at)
    if _is_close(budgets, texts, costs, limits):
        _one_at_a_time(session, [ALL_NUMBERS])
        texts, costs = _everybody(session, limits, at)
    return texts, costs


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
paid_from = func.coalesce(col(Attempt.budget), Budget.REST)
PAID = (Budget.REMINDER, Budget.UNPROVEN, Budget.REST)
Totals = tuple[Counter[Budget], Counter[Budget]]


def _tries(session: Session, at: datetime) -> int:
    """Count all tries of the day: of all that is counted here by far the quickest."""
    number: int = session.execute(select(func.count()).where(*_of_the_day(at))).scalar_one()
    return number


def _everybody_at_most(session: Session, limits: Limits, at: datetime) -> Totals:
    """Count tries, not messages: the index alone gives that, and not close to a ceiling it is near enough."""
    return _totals(session, func.count(), _of_the_day(at), limits)


def _everybody(session: Session, limits: Limits, at: datetime) -> Totals:
    return _totals(session, func.count(col(Attempt.message_id).distinct()), _sent(at), limits)


# Filters, and no groups: on a table that was never analysed PostgreSQL would sort the whole day for those.
def _totals(
    session: Session, number: FunctionElement[int], which: Sequence[ColumnElement[bool]], limits: Limits
) -> Totals:
    """Return the number of texts by what they are paid from, and their cost if there is a ceiling for it."""
    money = PAID if limits.cost_per_day is not None else ()
    counted = [number.filter(paid_from == budget) for budget in PAID]
    paid = [func.sum(col(Attempt.cost)).filter(paid_from == budget) for budget in money]
    row = session.execute(select(*counted, *paid).where(*which)).one()
    return (
        Counter(dict(zip(PAID, row[: len(PAID)], strict=True))),
        Counter({budget: int(cost or 0) for budget, cost in zip(money, row[len(PAID) :], strict=True)}),
    )


def _of_the_day(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (col(Attempt.channel) == ChannelName.SMS, col(Attempt.started_at) > at - DAY)


def _sent(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        *_of_the_day(at),
        col(Attempt.state) != AttemptState.NOT_SENT,
        paid_from != Budget.FREE,
    )


def _one_at_a_time(session: Session, keys: Sequence[int]) -> None:
    """Take the locks in the order given, which must be the same everywhere."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key"),
        {"keys": list(keys)},
    )
