"""What counts towards the ceilings of a day, and what makes room again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from services.notify.channels.port import ChannelName
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.contacts.queries import address_index
from services.notify.messages.commands import Limits
from services.notify.messages.commands.ceilings import Asked, Reached, Room, room
from services.notify.messages.tables import Budget, Purpose
from shared.clock import FixedClock
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.conftest import with_limits
from tests.notify.messages.family import NUMBER, Family, read, send_what_is_due

Crowd = Callable[[int], list[Family]]
NEW = UUID(int=1)
HOUR = timedelta(hours=1)


def index(number: str = NUMBER) -> bytes:
    return address_index(ChannelName.SMS, number)


def asked(message_id: UUID, number: str = NUMBER) -> Asked:
    """A text that may use up all that is left of a day, as reminders may."""
    return Asked(message_id, index(number), Budget.REMINDER, cost=0)


def everybody(counts: Room) -> int:
    return sum(counts.texts.values())


def room_for(
    runtime: Runtime, *numbers: str, again: tuple[UUID, ...] = (), one: int = 10, all_: int = 10_000
) -> Room:
    limits = Limits(sms_per_number_per_day=one, sms_per_day=all_)
    with runtime.sessions() as session:
        texts = [*(asked(NEW, number) for number in numbers), *map(asked, again)]
        return room(session, texts, limits, runtime.clock.now())


def test_a_text_counts_for_a_day_and_not_a_moment_longer(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    family.wants()
    send_what_is_due(notify)
    clock.advance(timedelta(days=1) - timedelta(microseconds=1))
    still = room_for(notify, NUMBER, all_=1)
    assert (still.by_number[index()], everybody(still)) == (1, 1)
    clock.advance(timedelta(microseconds=1))
    over = room_for(notify, NUMBER, all_=1)
    assert (over.by_number[index()], everybody(over)) == (0, 0)


def test_mail_counts_towards_no_ceiling(notify: Runtime, family: Family) -> None:
    family.is_now(channel="email")
    family.wants()
    send_what_is_due(notify)
    assert everybody(room_for(notify, NUMBER)) == 0
    assert everybody(room_for(notify, NUMBER, all_=1)) == 0


def test_a_text_that_was_tried_in_vain_first_counts_once(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    message_id = family.wants()
    twilio.behave("ok", "429")
    for _ in range(2):
        send_what_is_due(notify)
        clock.advance(timedelta(minutes=1))
    exact = room_for(notify, NUMBER, again=(message_id,), all_=1)
    assert (exact.by_number, everybody(exact)) == ({index(): 1}, 1)
    assert set(exact.counted) == {(message_id, index())}


# Of so many, 500 and 501 are left once the share of numbers that nobody proved and one text are taken off.
@pytest.mark.parametrize(("all_", "counted"), [(527, 0), (528, 1)])
def test_near_the_ceiling_of_all_only_what_may_have_gone_counts(
    notify: Runtime, twilio: TwilioStandIn, family: Family, all_: int, counted: int
) -> None:
    family.wants()
    twilio.behave("ok", "429")
    send_what_is_due(notify)
    assert everybody(room_for(notify, NUMBER, all_=all_)) == counted


def test_the_text_of_one_number_takes_no_room_of_another(
    notify: Runtime, twilio: TwilioStandIn, many: Crowd
) -> None:
    one, other = many(2)
    for family in (one, one, other):
        family.wants()
    send_what_is_due(notify)
    counts = room_for(notify, one.phone, other.phone, one=2)
    assert counts.by_number == {index(one.phone): 2, index(other.phone): 1}
    assert counts.reached(asked(NEW, one.phone)) == Reached("number", notify.clock.now() + HOUR)
    assert counts.reached(asked(NEW, other.phone)) is None
    assert room_for(notify).by_number == {}


def test_what_is_begun_now_counts_at_once(notify: Runtime) -> None:
    counts = room_for(notify, NUMBER, one=1, all_=2)
    assert counts.reached(asked(NEW)) is None
    counts.take(asked(NEW))
    assert counts.reached(asked(UUID(int=2))) == Reached("number", notify.clock.now() + HOUR)
    assert counts.reached(asked(UUID(int=2), "+31687654321")) is None
    counts.take(asked(UUID(int=2), "+31687654321"))
    assert counts.reached(asked(UUID(int=3), "+31600000000")) == Reached("all", notify.clock.now() + HOUR)


def test_a_text_that_is_tried_again_is_not_in_its_own_way(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    counts = room_for(notify, NUMBER, again=(message_id,), one=1, all_=1)
    assert counts.reached(asked(message_id)) is None
    assert counts.reached(asked(NEW)) is not None
    counts.take(asked(message_id))
    assert (counts.by_number[index()], everybody(counts)) == (1, 1)
    counts.take(asked(message_id, "+31687654321"))
    assert (counts.by_number[index("+31687654321")], everybody(counts)) == (1, 1)


def test_a_text_above_the_ceiling_waits_an_hour(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    with_limits(notify, twilio, sms_per_number_per_day=1)
    family.wants()
    send_what_is_due(notify)
    message_id = family.wants(Purpose.NOBODY_FOUND)
    send_what_is_due(notify)
    message = read(notify, message_id)
    assert (message.due_at, message.reason, message.leased_until) == (clock.now() + HOUR, "ceiling", None)
