"""What a day's texts and money are spent on: what matters most waits for no ceiling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.channels.prices import Prices, units
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.messages.budgets import budget_of, left
from services.notify.messages.purposes import ROWS
from services.notify.messages.tables import Budget, MessageState, Purpose
from services.notify.service import SERVICE
from shared.desk.commands import carry_out
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.conftest import with_limits
from tests.notify.messages.family import Family, on_the_list, read, send_what_is_due

PAID = [Budget.REMINDER, Budget.UNPROVEN, Budget.REST]


def spent(total: int, wanted: list[Budget]) -> dict[Budget, int]:
    used = dict.fromkeys(PAID, 0)
    for budget in wanted:
        used[budget] += left(budget, used, total) >= 1
    return used


@given(st.integers(1, 400), st.lists(st.sampled_from(PAID), max_size=600))
def test_a_day_never_has_more_texts_than_it_may_and_reminders_keep_their_reserve(
    total: int, wanted: list[Budget]
) -> None:
    used = spent(total, wanted)
    assert sum(used.values()) <= total
    assert used[Budget.UNPROVEN] <= max(total // 20, 1)
    assert left(Budget.REMINDER, used, total) >= total // 3 - used[Budget.REMINDER]


def test_nobody_uses_up_what_reminders_need_and_reminders_may_have_the_rest_too() -> None:
    assert spent(100, [Budget.REST] * 200 + [Budget.UNPROVEN] * 200) == {
        Budget.REMINDER: 0,
        Budget.UNPROVEN: 5,
        Budget.REST: 62,
    }
    assert spent(100, [Budget.REMINDER] * 200)[Budget.REMINDER] == 95


@pytest.mark.parametrize("purpose", [Purpose.VISIT_CANCELLED, Purpose.VISIT_MOVED, Purpose.STOP_CONFIRMED])
def test_what_saves_a_journey_in_vain_waits_for_no_ceiling(purpose: Purpose) -> None:
    assert ROWS[purpose].budget is Budget.FREE


def test_asking_whose_a_number_is_is_paid_from_a_share_of_its_own_and_a_receipt_from_the_rest() -> None:
    asks, receipt = ROWS[Purpose.CONFIRM_CONTACT].budget, ROWS[Purpose.REQUEST_RECEIVED].budget
    assert budget_of(asks, by_desk=False, unproven=True) is Budget.UNPROVEN
    assert budget_of(receipt, by_desk=False, unproven=False) is Budget.REST
    assert budget_of(receipt, by_desk=True, unproven=True) is Budget.FREE


def test_texts_to_strangers_do_not_keep_others_from_hearing_from_us(
    notify: Runtime, twilio: TwilioStandIn, many: Callable[[int], list[Family]]
) -> None:
    with_limits(notify, twilio, sms_per_day=20)
    *strangers, known = many(6)
    for family in strangers:
        family.is_now(by_public_form=True, proof_url="http://intake.test/confirm/token")
        family.wants(Purpose.CONFIRM_CONTACT)
    send_what_is_due(notify)
    assert len(twilio.sent) == 1
    assert [item.reason for item in on_the_list(notify)] == ["ceiling-unproven"]
    known.wants()
    send_what_is_due(notify)
    assert twilio.to(known.phone)


def _paid_from(budget: Budget, monkeypatch: pytest.MonkeyPatch) -> None:
    row = replace(ROWS[Purpose.NOBODY_FOUND], budget=budget)
    monkeypatch.setitem(ROWS, Purpose.NOBODY_FOUND, row)


@pytest.mark.parametrize(
    ("budget", "goes"), [(Budget.FREE, True), (Budget.REMINDER, True), (Budget.REST, False)]
)
def test_when_the_rest_is_used_up_reminders_and_what_is_free_still_go(
    notify: Runtime,
    twilio: TwilioStandIn,
    many: Callable[[int], list[Family]],
    monkeypatch: pytest.MonkeyPatch,
    budget: Budget,
    goes: bool,
) -> None:
    with_limits(notify, twilio, sms_per_day=3)
    *others, last = many(3)
    for family in others:
        family.wants()
    send_what_is_due(notify)
    assert len(twilio.sent) == 2
    _paid_from(budget, monkeypatch)
    last.wants(Purpose.NOBODY_FOUND)
    send_what_is_due(notify)
    assert bool(twilio.to(last.phone)) is goes


def test_what_the_desk_sends_itself_waits_for_no_ceiling(
    notify: Runtime, twilio: TwilioStandIn, many: Callable[[int], list[Family]]
) -> None:
    with_limits(notify, twilio, sms_per_day=1)
    first, second = many(2)
    twilio.behave("ok", "21408")
    failed = first.wants()
    send_what_is_due(notify)
    second.wants()
    send_what_is_due(notify)
    [item] = on_the_list(notify, "message-failed")
    with notify.sessions() as session:
        carry_out(session, SERVICE.desk, item.id, "send-again", {}, at=notify.clock.now(), by="desk")
    send_what_is_due(notify)
    assert read(notify, failed).state is MessageState.ACCEPTED


def test_the_days_money_is_a_ceiling_beside_the_number(
    notify: Runtime, twilio: TwilioStandIn, many: Callable[[int], list[Family]]
) -> None:
    with_limits(notify, twilio, sms_cost_per_day=Decimal("1.00"), sms_prices="NL=0.10")
    ids: list[UUID] = [family.wants() for family in many(9)]
    send_what_is_due(notify)
    # A third is kept for reminders and a twentieth for the unproven: what is left pays for six.
    assert len(twilio.sent) == 6
    assert {read(notify, one).reason for one in ids} == {None, "ceiling"}
    assert [item.reason for item in on_the_list(notify)] == ["ceiling-cost"]


def test_a_text_costs_its_segments_at_the_price_of_its_country() -> None:
    prices = Prices.parse("NL=0.09, be=0.08")
    assert prices.cost("+31612345678", 2) == units(Decimal("0.18"))
    assert prices.cost("+32475123456", 1) == units(Decimal("0.08"))
    assert prices.cost("+4915112345678", 1) == Prices().each["*"]
    assert Prices.parse("DE=0.05").cost("+4915112345678", 1) == units(Decimal("0.05"))


@pytest.mark.parametrize("written", ["NL", "NL=", "NL=much", "NL=-1", "Holland=0.09", "NL=NaN"])
def test_prices_that_cannot_be_read_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match="price"):
        Prices.parse(written)
