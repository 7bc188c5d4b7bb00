"""A text that is tried more than once: what is heard of one try is not said of the other."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.notify.channels.port import Accepted, Fault, NotSent, ProviderStatus, Report, Seen
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.messages import commands
from services.notify.messages.tables import AttemptState, Message, MessageState, Purpose
from shared.clock import FixedClock
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.messages.family import (
    NUMBER,
    Family,
    attempts,
    look_for_what_is_unknown,
    on_the_list,
    read,
    send_what_is_due,
)
from tests.notify.messages.told import a_person_sends_it_again, handed_over, reported, written_down

SECOND = timedelta(seconds=1)


def dropped(runtime: Runtime, attempt_id: UUID, *, error_code: str | None = "30001") -> None:
    """The provider says that it took the text and dropped it before it left."""
    [sid] = [one.provider_sid for one in of_try(runtime, attempt_id)]
    status, fault = ProviderStatus.FAILED, Fault.NEVER_LEFT
    reported(runtime, attempt_id, status, sid=sid or "SM1", error_code=error_code, fault=fault)


def of_try(runtime: Runtime, attempt_id: UUID) -> list:  # type: ignore[type-arg]
    with runtime.engine.connect() as connection:
        chosen = text("SELECT provider_sid FROM attempts WHERE id = :id")
        return list(connection.execute(chosen, {"id": attempt_id}))


def a_person_was_asked(runtime: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock) -> UUID:
    message_id = family.wants()
    twilio.behave("ok", "drop-after")
    send_what_is_due(runtime)
    clock.advance(timedelta(hours=1))
    look_for_what_is_unknown(runtime)
    assert read(runtime, message_id).state is MessageState.PERSON
    return message_id


def test_a_dropped_text_that_a_person_was_asked_about_is_left_to_them(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    message_id = a_person_was_asked(notify, twilio, family, clock)
    [attempt] = attempts(notify, message_id)
    dropped(notify, attempt.id)
    message = read(notify, message_id)
    assert (message.state, message.reason) == (MessageState.UNDELIVERED, "30001")
    assert [item.subject_id for item in on_the_list(notify)] == [message_id]
    clock.advance(timedelta(hours=1))
    send_what_is_due(notify)
    assert len(twilio.sent) == 1


def test_what_a_person_sends_again_goes_also_when_the_first_turns_out_to_be_dropped(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    message_id = a_person_was_asked(notify, twilio, family, clock)
    [attempt] = attempts(notify, message_id)
    a_person_sends_it_again(notify)
    dropped(notify, attempt.id)
    message = read(notify, message_id)
    assert (message.state, message.reason) == (MessageState.PLANNED, "sent-again-by-desk")
    assert attempts(notify, message_id)[0].state is AttemptState.NOT_SENT
    send_what_is_due(notify)
    assert len(twilio.sent) == 2
    assert on_the_list(notify) == []


def test_a_first_try_that_was_dropped_after_the_second_went_is_not_made_again(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    message_id = a_person_was_asked(notify, twilio, family, clock)
    a_person_sends_it_again(notify)
    send_what_is_due(notify)
    first, _ = attempts(notify, message_id)
    dropped(notify, first.id)
    clock.advance(timedelta(hours=1))
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.ACCEPTED
    assert len(twilio.sent) == 2


def test_a_late_sent_of_what_was_dropped_keeps_it_from_nothing(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    [attempt] = attempts(notify, message_id)
    dropped(notify, attempt.id)
    reported(notify, attempt.id, ProviderStatus.SENT, sid=twilio.sent[0].sid)
    assert read(notify, message_id).state is MessageState.PLANNED
    clock.advance(timedelta(minutes=1))
    send_what_is_due(notify)
    assert len(twilio.sent) == 2
    assert [one.state for one in attempts(notify, message_id)] == [
        AttemptState.NOT_SENT,
        AttemptState.ACCEPTED,
    ]


def test_what_was_dropped_without_a_code_says_how_it_ended(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    [attempt] = attempts(notify, message_id)
    dropped(notify, attempt.id, error_code=None)
    assert read(notify, message_id).reason == "failed"


def test_what_failed_at_the_carrier_stays_failed_also_in_the_attempt(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    [attempt] = attempts(notify, message_id)
    sid = twilio.sent[0].sid
    reported(notify, attempt.id, ProviderStatus.UNDELIVERED, sid=sid, error_code="30003")
    reported(notify, attempt.id, ProviderStatus.DELIVERED, sid=sid)
    [attempt] = attempts(notify, message_id)
    assert (attempt.provider_status, attempt.error_code) == (ProviderStatus.UNDELIVERED, "30003")
    assert read(notify, message_id).state is MessageState.UNDELIVERED


def test_a_text_that_was_taken_after_all_is_not_sent_again(
    notify: Runtime,
    twilio: TwilioStandIn,
    family: Family,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message_id = family.wants()
    outgoing = handed_over(notify, monkeypatch)
    written_down(notify, outgoing, NotSent("stood-still"))
    assert read(notify, message_id).state is MessageState.PLANNED
    written_down(notify, outgoing, Accepted(twilio.sent[0].sid))
    clock.advance(timedelta(hours=1))
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.ACCEPTED
    assert len(twilio.sent) == 1


def test_an_answer_after_its_report_is_written_down_with_its_time(
    notify: Runtime, twilio: TwilioStandIn, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = family.wants()
    outgoing, sid = handed_over(notify, monkeypatch), twilio.sent[0].sid
    reported(notify, outgoing.attempt_id, ProviderStatus.SENT, sid=sid)
    written_down(notify, outgoing, Accepted(sid))
    [attempt] = attempts(notify, message_id)
    assert (attempt.finished_at, attempt.provider_sid) == (notify.clock.now(), sid)
    assert attempt.provider_status is ProviderStatus.SENT


def test_why_a_text_did_not_arrive_stays_with_a_try_whose_answer_is_read_later(
    notify: Runtime, twilio: TwilioStandIn, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = family.wants()
    outgoing, sid = handed_over(notify, monkeypatch), twilio.sent[0].sid
    reported(notify, outgoing.attempt_id, ProviderStatus.UNDELIVERED, sid=sid, error_code="30003")
    written_down(notify, outgoing, Accepted(sid))
    [attempt] = attempts(notify, message_id)
    assert (attempt.state, attempt.error_code) == (AttemptState.ACCEPTED, "30003")


def test_writing_down_one_answer_waits_for_no_text_that_went_before(
    notify: Runtime, twilio: TwilioStandIn, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    went = family.wants(Purpose.NOBODY_FOUND)
    send_what_is_due(notify)
    message_id = family.wants()
    outgoing = handed_over(notify, monkeypatch)
    with notify.sessions() as held:
        held.get_one(Message, went, with_for_update=True)
        written_down(notify, outgoing, NotSent("provider-is-busy"))  # whoever waits gets a lock time-out
    assert read(notify, message_id).state is MessageState.PLANNED


def test_who_read_it_before_the_second_went_does_not_take_the_first_for_the_last(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    message_id = a_person_was_asked(notify, twilio, family, clock)
    [first] = attempts(notify, message_id)
    with notify.sessions() as slow:
        as_it_was = slow.get_one(Message, message_id)
        assert as_it_was.attempt_count == 1
        a_person_sends_it_again(notify)
        send_what_is_due(notify)
        told = Report(twilio.sent[0].sid, NUMBER, ProviderStatus.UNDELIVERED, "30003")
        commands.report(slow, first.id, told, at=clock.now())
    assert read(notify, message_id).state is MessageState.ACCEPTED
    assert on_the_list(notify) == []


def waits(runtime: Runtime, message_id: UUID) -> float:
    return (read(runtime, message_id).due_at - runtime.clock.now()) / SECOND


def test_tries_in_which_we_were_refused_do_not_make_the_wait_longer(
    notify: Runtime, twilio: TwilioStandIn, many: Callable[[int], list[Family]], clock: FixedClock
) -> None:
    one, other = many(2)
    refused, busy = one.wants(), other.wants(due_at=clock.now() + timedelta(days=1))
    twilio.behave("ok", "20003", "20003", "20003", "429", "429")
    for _ in range(3):
        send_what_is_due(notify)
        assert 900 <= waits(notify, refused) <= 1080
        clock.set(read(notify, refused).due_at)
    send_what_is_due(notify)
    assert 5 <= waits(notify, refused) <= 6
    clock.set(read(notify, refused).due_at)
    send_what_is_due(notify)
    assert 15 <= waits(notify, refused) <= 18
    twilio.behave("ok", "ok", "429", "429")
    # One after the other: of two that go together either may be called first.
    clock.set(read(notify, refused).due_at)
    send_what_is_due(notify)
    assert read(notify, refused).state is MessageState.ACCEPTED
    clock.set(read(notify, busy).due_at)
    send_what_is_due(notify)
    assert 5 <= waits(notify, busy) <= 6
    clock.set(read(notify, busy).due_at)
    send_what_is_due(notify)
    assert 15 <= waits(notify, busy) <= 18


def test_nor_does_a_first_one(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    message_id = family.wants()
    twilio.behave("ok", "20003", "429")
    send_what_is_due(notify)
    clock.set(read(notify, message_id).due_at)
    send_what_is_due(notify)
    assert 5 <= waits(notify, message_id) <= 6


def in_doubt_before(runtime: Runtime, twilio: TwilioStandIn, family: Family, ago: timedelta) -> UUID:
    """Two texts to one number of which nobody knows whether they went, the first so long before."""
    before = family.wants()
    twilio.behave("ok", "drop", "drop")
    send_what_is_due(runtime)
    message_id = family.wants(Purpose.NOBODY_FOUND)
    send_what_is_due(runtime)
    with runtime.engine.begin() as connection:
        moved = "UPDATE attempts SET called_at = clock_timestamp() - :ago WHERE message_id = :id"
        connection.execute(text(moved), {"ago": ago, "id": before})
    return message_id


@pytest.mark.parametrize(
    ("ago", "found"), [(85, MessageState.UNKNOWN), (120, MessageState.DELIVERED)], ids=["twin", "long-ago"]
)
def test_only_a_doubt_of_about_the_same_moment_is_a_twin(
    notify: Runtime, twilio: TwilioStandIn, family: Family, ago: int, found: MessageState
) -> None:
    message_id = in_doubt_before(notify, twilio, family, ago * SECOND)
    seen = Seen(f"SM{uuid4().hex}", NUMBER, ProviderStatus.DELIVERED, None, datetime.now(UTC))
    with notify.sessions() as session:
        assert commands.bind(session, message_id, [seen], at=notify.clock.now()) is found


def test_a_report_about_another_text_leaves_a_word_in_the_log(
    notify: Runtime, twilio: TwilioStandIn, family: Family, caplog: pytest.LogCaptureFixture
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    [attempt] = attempts(notify, message_id)
    with caplog.at_level(logging.WARNING):
        reported(notify, attempt.id, ProviderStatus.DELIVERED, sid="SM" + "9" * 32)
    assert read(notify, message_id).state is MessageState.ACCEPTED
    assert ["another text" in record.getMessage() for record in caplog.records] == [True]
