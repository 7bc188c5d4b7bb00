"""The money of a day: what is counted of it, what each text may still cost, and what pays twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from services.notify.channels.port import ChannelName
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.contacts.queries import address_index
from services.notify.messages.commands import Limits, ceilings
from services.notify.messages.commands.ceilings import Asked, Reached, Room, room
from services.notify.messages.tables import Budget, Purpose
from shared.clock import FixedClock
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.conftest import with_limits
from tests.notify.messages.family import NUMBER, Family, attempts, on_the_list, send_what_is_due

NEW, AGAIN = UUID(int=1), UUID(int=2)
HOUR = timedelta(hours=1)


def index(number: str = NUMBER) -> bytes:
    return address_index(ChannelName.SMS, number)


def asked(cost: int, budget: Budget = Budget.REST, message_id: UUID = NEW) -> Asked:
    return Asked(message_id, index(), budget, cost)


def day(clock: FixedClock, *, cost: int | None, number: int = 10, texts: int = 10_000) -> Room:
    """A day on which nothing went yet but a text that is sent again."""
    limits = Limits(sms_per_number_per_day=number, sms_per_day=texts, cost_per_day=cost)
    return Room(
        limits, clock.now(), Counter({index(): 1}), Counter({Budget.REST: 1}), Counter(), {(AGAIN, index())}
    )


# Of sixty, a third is kept for reminders and a twentieth for numbers that nobody proved.
@pytest.mark.parametrize(("budget", "most"), [(Budget.REST, 37), (Budget.REMINDER, 57), (Budget.UNPROVEN, 3)])
def test_a_text_may_cost_all_that_is_left_and_no_more(clock: FixedClock, budget: Budget, most: int) -> None:
    counts = day(clock, cost=60)
    assert counts.reached(asked(most, budget)) is None
    assert counts.reached(asked(most + 1, budget)) == Reached("cost", clock.now() + HOUR)


def test_without_a_ceiling_for_money_no_text_is_too_dear(clock: FixedClock) -> None:
    assert day(clock, cost=None).reached(asked(1_000_000)) is None


def test_what_is_begun_now_is_paid_at_once_and_what_is_sent_again_is_paid_again(clock: FixedClock) -> None:
    counts = day(clock, cost=60)
    counts.take(asked(20))
    counts.take(asked(10, message_id=AGAIN))
    assert (counts.texts, counts.by_number) == ({Budget.REST: 2}, {index(): 2})
    assert counts.costs == {Budget.REST: 30}
    assert counts.reached(asked(7)) is None
    assert counts.reached(asked(8)) == Reached("cost", clock.now() + HOUR)


def test_what_is_free_neither_waits_nor_takes_from_the_others(clock: FixedClock) -> None:
    counts = day(clock, cost=0, number=0, texts=0)
    free = asked(5, Budget.FREE)
    assert counts.reached(free) is None
    counts.take(free)
    assert (counts.texts, counts.by_number, counts.costs) == ({Budget.REST: 1}, {index(): 1}, {})


def test_only_numbers_that_nobody_proved_have_reached_the_share_of_those(clock: FixedClock) -> None:
    counts = day(clock, cost=None, texts=1)
    scopes = [counts.reached(asked(0, budget)) for budget in (Budget.UNPROVEN, Budget.REST)]
    assert [one and one.scope for one in scopes] == ["unproven", "all"]


def counted(runtime: Runtime, *texts: Asked, cost: int | None, all_: int = 1_000_000) -> Room:
    limits = Limits(sms_per_number_per_day=10, sms_per_day=all_, cost_per_day=cost)
    with runtime.sessions() as session:
        return room(session, texts, limits, runtime.clock.now())


# Of so much, what five hundred of the dearest texts may cost is left, or a ten-thousandth more, once the
# share of numbers that nobody proved and the price of one text are taken off.
@pytest.mark.parametrize(("money", "paid"), [(2_369_578, 0), (2_369_579, 1_100)])
def test_near_the_days_money_only_what_may_have_gone_is_counted(
    notify: Runtime, twilio: TwilioStandIn, family: Family, money: int, paid: int
) -> None:
    family.wants()
    twilio.behave("ok", "429")
    send_what_is_due(notify)
    counts = counted(notify, asked(0, Budget.REMINDER), cost=money)
    assert counts.costs[Budget.REST] == paid
    assert counts.texts[Budget.REST] == (1 if paid else 0)


@pytest.mark.parametrize("money", [1_000, 100_000_000])
def test_what_each_kind_of_text_cost_is_counted_apart(
    notify: Runtime, twilio: TwilioStandIn, many: Callable[[int], list[Family]], money: int
) -> None:
    reminded, free, stranger, known = many(4)
    for one in (reminded, free, stranger, known):
        one.wants()
    send_what_is_due(notify)
    with notify.engine.begin() as connection:
        paid_from = [(reminded, "reminder"), (free, "free"), (stranger, "unproven"), (known, None)]
        for cost, (one, budget) in enumerate(paid_from, start=1):
            connection.execute(
                text("UPDATE attempts SET budget = :budget, cost = :cost WHERE to_index = :index"),
                {"budget": budget, "cost": cost, "index": index(one.phone)},
            )
    counts = counted(notify, asked(0), cost=money)
    assert counts.costs == {Budget.REMINDER: 1, Budget.UNPROVEN: 3, Budget.REST: 4}
    assert counts.texts == {Budget.REMINDER: 1, Budget.UNPROVEN: 1, Budget.REST: 1}


def test_a_text_of_a_version_that_knew_no_prices_cost_nothing(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    family.wants()
    send_what_is_due(notify)
    with notify.engine.begin() as connection:
        connection.execute(text("UPDATE attempts SET budget = NULL, cost = NULL"))
    counts = counted(notify, asked(0), cost=1_000)
    assert counts.costs[Budget.REST] == 0
    assert counts.texts[Budget.REST] == 1


def test_the_price_of_a_text_is_written_down_with_it_and_mail_has_none(
    notify: Runtime, twilio: TwilioStandIn, many: Callable[[int], list[Family]]
) -> None:
    with_limits(notify, twilio, sms_prices="NL=0.10")
    texted, mailed = many(2)
    mailed.is_now(channel="email")
    ids = [texted.wants(), mailed.wants()]
    send_what_is_due(notify)
    assert [(one.cost, one.budget) for id in ids for one in attempts(notify, id)] == [
        (1_000, Budget.REST),
        (None, None),
    ]


def test_the_days_money_waits_for_a_person_once_and_makes_room_after_a_day(
    notify: Runtime, twilio: TwilioStandIn, many: Callable[[int], list[Family]], clock: FixedClock
) -> None:
    with_limits(notify, twilio, sms_cost_per_day=Decimal("0.30"), sms_prices="NL=0.10")
    for one in many(3):
        one.wants(Purpose.NOBODY_FOUND)
    send_what_is_due(notify)
    assert len(twilio.sent) == 1
    clock.advance(timedelta(days=1))
    send_what_is_due(notify)
    assert len(twilio.sent) == 2
    assert {item.reason for item in on_the_list(notify)} == {"ceiling-cost"}


def test_far_from_the_ceiling_too_nobody_uses_up_more_than_the_share_of_strangers(
    notify: Runtime,
    twilio: TwilioStandIn,
    many: Callable[[int], list[Family]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ceilings, "CLOSE", 0)
    for one in many(2):
        one.wants()
    send_what_is_due(notify)
    with notify.engine.begin() as connection:
        connection.execute(text("UPDATE attempts SET budget = 'unproven'"))
    stranger = asked(0, Budget.UNPROVEN)
    assert counted(notify, stranger, cost=None, all_=60).reached(stranger) is None
    reached = counted(notify, stranger, cost=None, all_=40).reached(stranger)
    assert reached is not None
    assert reached.scope == "unproven"


def test_only_the_numbers_and_wentthat_are_asked_about_are_read(
    notify: Runtime, twilio: TwilioStandIn, many: Callable[[int], list[Family]]
) -> None:
    one, other = many(2)
    ids = [family.wants() for family in (one, other)]
    send_what_is_due(notify)
    again = Asked(ids[0], index(one.phone), Budget.REST, 0)
    counts = counted(notify, again, cost=None)
    assert counts.by_number == {index(one.phone): 1}
    assert set(counts.counted) == {(ids[0], index(one.phone))}


def test_a_text_that_went_twice_is_one_text_and_two_prices(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    family.wants()
    for _ in range(2):
        send_what_is_due(notify)
        with notify.engine.begin() as connection:
            connection.execute(text("UPDATE messages SET state = 'planned', leased_until = NULL"))
    counts = counted(notify, asked(0), cost=1_000)
    assert counts.by_number == {index(): 1}
    assert counts.texts[Budget.REST] == 1
    assert counts.costs[Budget.REST] == 2_200
