"""What keeps a text from being handed over: a suppressed number, the window, and the ceilings."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.doctor import refusals
from services.notify.channels.port import ChannelName
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.contacts.commands import suppress
from services.notify.messages.commands import ceilings, void
from services.notify.messages.queries import waiting_as_we_are_refused
from services.notify.messages.tables import Message, MessageState, Purpose
from shared.clock import FixedClock
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.conftest import with_limits
from tests.notify.messages.family import (
    NUMBER,
    Family,
    claim,
    on_the_list,
    read,
    send_what_is_due,
)
from tests.notify.senders import sender_for

NIGHT = datetime(2026, 12, 1, 22, 30, tzinfo=UTC)


def test_a_number_that_nobody_has_becomes_the_desks_matter(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    family.is_now(phone="+15005550001")
    message_id = family.wants()
    send_what_is_due(notify)
    message = read(notify, message_id)
    assert (message.state, message.reason) == (MessageState.REJECTED, "21211")
    [item] = on_the_list(notify, "message-failed")
    assert item.reason == "21211"
    assert "+1500" not in str(item.details)


def test_who_said_stop_to_the_provider_is_left_alone_from_then_on(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    family.is_now(phone="+15005550004")
    family.wants()
    send_what_is_due(notify)
    second = family.wants()
    send_what_is_due(notify)
    assert twilio.ledger.calls == 1
    assert read(notify, second).reason == "suppressed"


def test_who_said_stop_while_a_text_was_on_its_way_to_us_does_not_get_it(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    message_id = family.wants()
    ids = claim(notify)
    with notify.sessions() as session:
        suppress(session, "sms", NUMBER, reason="stop-word", at=notify.clock.now())
        session.commit()
    sender_for(notify).send(ids)
    assert twilio.ledger.calls == 0
    assert read(notify, message_id).state is MessageState.VOID


def test_what_was_taken_back_after_the_claim_does_not_go(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    family.wants()
    ids = claim(notify)
    with notify.sessions() as session:
        assert void(session, family.request_id, reason="withdrawn") == 1
        session.commit()
    sender_for(notify).send(ids)
    assert twilio.ledger.calls == 0


def test_a_text_of_our_own_accord_waits_for_the_morning(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    clock.set(NIGHT)
    message_id = family.wants(Purpose.NOBODY_FOUND, windowed=True)
    send_what_is_due(notify)
    assert twilio.sent == []
    assert read(notify, message_id).due_at == datetime(2026, 12, 2, 8, tzinfo=UTC)
    clock.set(datetime(2026, 12, 2, 8, tzinfo=UTC))
    send_what_is_due(notify)
    assert len(twilio.sent) == 1


def test_the_answer_to_what_somebody_just_did_goes_at_night_too(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    clock.set(NIGHT)
    family.wants(windowed=False)
    send_what_is_due(notify)
    assert len(twilio.sent) == 1


def test_an_answer_that_was_held_up_for_hours_waits_for_the_morning(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    message_id = family.wants(windowed=False)
    clock.set(NIGHT)
    send_what_is_due(notify)
    assert twilio.sent == []
    assert read(notify, message_id).due_at == datetime(2026, 12, 2, 8, tzinfo=UTC)


def test_safe_times_without_a_moment_in_the_window_need_a_person(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    family.is_now(safe_times=[{"days": ["mon"], "from": "06:00", "to": "07:00"}])
    message_id = family.wants(Purpose.NOBODY_FOUND, windowed=True)
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.PERSON
    assert on_the_list(notify)[0].reason == "no-safe-moment"


def test_no_reminder_goes_out_after_its_visit(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    message_id = family.wants(not_after=clock.now() + timedelta(hours=1))
    clock.advance(timedelta(hours=2))
    send_what_is_due(notify)
    assert twilio.sent == []
    assert read(notify, message_id).state is MessageState.EXPIRED


def test_words_that_cannot_be_made_reach_a_person(
    notify: Runtime, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("reference")

    monkeypatch.setattr("services.notify.messages.sender.render", broken)
    message_id = family.wants()
    send_what_is_due(notify)
    assert read(notify, message_id).reason == "words-cannot-be-made"
    assert len(on_the_list(notify)) == 1


def test_one_number_gets_so_many_texts_a_day_and_the_others_later(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    with_limits(notify, twilio, sms_per_number_per_day=3)
    ids = [family.wants() for _ in range(6)]
    send_what_is_due(notify)
    assert len(twilio.sent) == 3
    assert {read(notify, one).state for one in ids} == {MessageState.ACCEPTED, MessageState.PLANNED}
    [item] = on_the_list(notify)
    assert item.reason == "ceiling-number"
    for _ in range(25):
        clock.advance(timedelta(hours=1))
        send_what_is_due(notify)
    assert len(twilio.sent) == 6


def test_far_from_the_ceiling_no_more_is_counted_than_may_be(
    notify: Runtime,
    twilio: TwilioStandIn,
    many: Callable[[int], list[Family]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ceilings, "CLOSE", 0)
    with_limits(notify, twilio, sms_per_day=10)  # a third of them is kept for reminders
    for family in many(9):
        family.wants()
        send_what_is_due(notify)
    assert len(twilio.sent) == 7


def test_all_numbers_together_have_a_ceiling_for_the_day(
    notify: Runtime, twilio: TwilioStandIn, many: Callable[[int], list[Family]]
) -> None:
    with_limits(notify, twilio, sms_per_day=10)  # a third of them is kept for reminders
    for family in many(12):
        family.wants()
    send_what_is_due(notify)
    assert len(twilio.sent) == 7
    [item] = on_the_list(notify)
    assert item.reason == "ceiling-all"


def test_what_a_person_sends_again_is_no_second_text(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    with_limits(notify, twilio, sms_per_number_per_day=1, sms_per_day=1)
    message_id = family.wants()
    send_what_is_due(notify)
    with notify.sessions() as session:
        message = session.get_one(Message, message_id)
        message.state, message.due_at, message.leased_until = MessageState.PLANNED, notify.clock.now(), None
        session.commit()
    send_what_is_due(notify)
    assert len(twilio.sent) == 2
    assert not on_the_list(notify)


def test_a_busy_provider_does_not_use_up_a_familys_ceiling(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    with_limits(notify, twilio, sms_per_number_per_day=2)
    twilio.behave("ok", "429", "429", "429")
    message_id = family.wants()
    for _ in range(4):
        send_what_is_due(notify)
        clock.advance(timedelta(minutes=3))
    family.wants()
    send_what_is_due(notify)
    assert read(notify, message_id).attempt_count == 4
    assert len(twilio.sent) == 2


def test_a_try_that_went_nowhere_makes_no_room_for_one_text_more(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    with_limits(notify, twilio, sms_per_number_per_day=1)
    twilio.behave("ok", "429")
    held = family.wants()
    send_what_is_due(notify)
    family.wants()
    send_what_is_due(notify)
    clock.advance(timedelta(minutes=3))
    send_what_is_due(notify)
    assert len(twilio.sent) == 1
    assert read(notify, held).reason == "ceiling"


def test_nothing_personal_is_readable_in_the_rows(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    family.wants()
    send_what_is_due(notify)
    with notify.engine.begin() as connection:
        rows = "".join(
            str(list(connection.execute(text(f"SELECT * FROM {table}"))))
            for table in ("messages", "attempts", "outbox", "work_items")
        )
    assert "612345678" not in rows
    assert "Anna" not in rows


@pytest.mark.parametrize(
    ("at", "windowed", "keeps", "seconds"),
    [
        # To the end of the window, twenty hours local, or of the use of the text.
        (datetime(2026, 12, 1, 18, 58, 30, tzinfo=UTC), True, None, 90),
        (datetime(2026, 12, 1, 18, tzinfo=UTC), True, 20, 20 * 60),
        (datetime(2026, 12, 1, 8, tzinfo=UTC), True, None, 36_000),
        (datetime(2026, 12, 1, 18, tzinfo=UTC), False, 90, 90 * 60),
        (datetime(2026, 12, 1, 18, tzinfo=UTC), False, None, None),
    ],
)
def test_a_text_may_wait_at_the_provider_no_longer_than_with_us(
    notify: Runtime,
    twilio: TwilioStandIn,
    family: Family,
    clock: FixedClock,
    at: datetime,
    windowed: bool,
    keeps: int | None,
    seconds: int | None,
) -> None:
    clock.set(at)
    not_after = at + timedelta(minutes=keeps) if keeps else None
    family.wants(Purpose.NOBODY_FOUND, windowed=windowed, not_after=not_after)
    send_what_is_due(notify)
    assert [entry.validity for entry in twilio.sent] == [seconds]


@pytest.mark.parametrize("windowed", [True, False], ids=["in-the-window", "at-any-hour"])
def test_a_text_may_wait_at_the_provider_no_longer_than_the_safe_time(
    notify: Runtime, twilio: TwilioStandIn, family: Family, windowed: bool
) -> None:
    family.is_now(safe_times=[{"days": ["tue"], "from": "09:00", "to": "10:30"}])
    family.wants(Purpose.NOBODY_FOUND, windowed=windowed)
    send_what_is_due(notify)
    assert [entry.validity for entry in twilio.sent] == [30 * 60]


def test_a_receipt_waits_for_a_safe_time_too(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    family.is_now(safe_times=[{"days": ["tue"], "from": "17:00", "to": "19:00"}])
    message_id = family.wants(windowed=False)
    send_what_is_due(notify)
    assert twilio.sent == []
    assert read(notify, message_id).due_at == datetime(2026, 12, 1, 16, tzinfo=UTC)
    clock.set(datetime(2026, 12, 1, 16, tzinfo=UTC))
    send_what_is_due(notify)
    assert len(twilio.sent) == 1


@pytest.mark.parametrize("asked", [7000, "Tue, 01 Dec 2099 11:00:00 GMT"])
def test_a_full_queue_at_the_provider_is_waited_for_as_long_as_it_asks(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock, asked: int | str
) -> None:
    twilio.behave("ok", "21611")
    twilio.ledger.retry_after = asked
    message_id = family.wants()
    send_what_is_due(notify)
    message = read(notify, message_id)
    assert (message.state, message.reason) == (MessageState.PLANNED, "provider-queue-is-full")
    wanted = timedelta(seconds=asked) if isinstance(asked, int) else timedelta(days=1)
    assert wanted <= message.due_at - clock.now() <= wanted + timedelta(minutes=12)
    clock.set(message.due_at)
    send_what_is_due(notify)
    assert len(twilio.sent) == 1


def test_who_is_refused_ourselves_keeps_the_tries_of_the_text(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    twilio.behave("20003")
    message_id = family.wants()
    for _ in range(30):
        send_what_is_due(notify)
        clock.set(read(notify, message_id).due_at)
    assert read(notify, message_id).state is MessageState.PLANNED
    assert on_the_list(notify) == []
    with notify.sessions() as session:
        assert waiting_as_we_are_refused(session) == {ChannelName.SMS: 1}
    [finding] = refusals.examine(notify.engine)
    assert finding.text.startswith("1 texts wait, for the provider refuses us")
    twilio.behave("ok")
    send_what_is_due(notify)
    assert len(twilio.sent) == 1


def test_an_unknown_recipient_is_nobody(notify: Runtime, family: Family) -> None:
    message_id = family.wants(recipient_id=uuid4(), cause_id=uuid4())
    send_what_is_due(notify)
    assert read(notify, message_id).reason == "recipient-gone"


def test_ids_that_are_gone_do_no_harm(notify: Runtime) -> None:
    sender_for(notify).send([UUID(int=1)])
    sender_for(notify).look([UUID(int=1)])
