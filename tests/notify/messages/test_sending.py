"""From planned to handed over, and everything that can go wrong on the way."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import text

from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.messages.tables import AttemptState, MessageState, Purpose
from shared.clock import FixedClock
from tests.kit.peers import fake
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify import senders
from tests.notify.conftest import make_sender
from tests.notify.messages.family import (
    NUMBER,
    Family,
    attempts,
    claim,
    lease_runs_out,
    look_for_what_is_unknown,
    on_the_list,
    read,
    send_what_is_due,
    while_intake_is_asked,
)
from tests.notify.senders import sender_for

NIGHT = datetime(2026, 12, 1, 22, 30, tzinfo=UTC)


def test_a_family_gets_its_text(notify: Runtime, twilio: TwilioStandIn, family: Family) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    [sent] = twilio.to(NUMBER)
    message, [attempt] = read(notify, message_id), attempts(notify, message_id)
    assert message.state is MessageState.ACCEPTED
    assert message.segments == 1
    assert (attempt.state, attempt.provider_sid) == (AttemptState.ACCEPTED, sent.sid)
    assert sent.status_callback == f"http://notify.test/twilio/status/{attempt.id}"


def test_wanting_the_same_twice_writes_once(notify: Runtime, twilio: TwilioStandIn, family: Family) -> None:
    family.wants(dedupe_key="once")
    with pytest.raises(AssertionError):
        family.wants(dedupe_key="once")
    send_what_is_due(notify)
    assert len(twilio.sent) == 1


def test_the_text_goes_to_the_number_that_is_right_when_it_goes(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    family.wants()
    family.is_now(phone="+31687654321")
    send_what_is_due(notify)
    assert [entry.to for entry in twilio.sent] == ["+31687654321"]


def test_somebody_who_now_wants_mail_gets_mail(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    message_id = family.wants()
    family.is_now(channel="email")
    send_what_is_due(notify)
    assert twilio.sent == []
    assert read(notify, message_id).state is MessageState.DELIVERED


def test_a_withdrawn_question_is_not_written_about(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    message_id = family.wants()
    family.is_now(withdrawn=True)
    send_what_is_due(notify)
    assert twilio.sent == []
    assert (read(notify, message_id).state, read(notify, message_id).reason) == (
        MessageState.VOID,
        "withdrawn",
    )


def test_two_workers_with_the_same_hint_send_one_text(
    notify: Runtime, twilio: TwilioStandIn, many: Callable[[int], list[Family]]
) -> None:
    for family in many(10):
        family.wants()
    ids = claim(notify)
    workers = [Thread(target=sender_for(notify).send, args=(ids,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(twilio.sent) == twilio.ledger.calls == 10


def test_a_claim_belongs_to_one_until_its_lease_runs_out(notify: Runtime, family: Family) -> None:
    message_id = family.wants()
    assert claim(notify) == [message_id]
    assert claim(notify) == []
    lease_runs_out(notify)
    assert claim(notify) == [message_id]


def test_who_stood_still_while_another_was_told_to_wait_does_not_send_before_its_time(
    notify: Runtime, twilio: TwilioStandIn, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = family.wants()
    twilio.behave("ok", "429")

    def another_worker_takes_over() -> None:
        lease_runs_out(notify)
        send_what_is_due(notify)

    while_intake_is_asked(notify, another_worker_takes_over, monkeypatch)
    send_what_is_due(notify)
    assert read(notify, message_id).reason == "provider-is-busy"
    assert (twilio.ledger.calls, twilio.sent) == (1, [])


def test_owners_are_asked_once_for_a_whole_batch(
    notify: Runtime, many: Callable[[int], list[Family]]
) -> None:
    for family in many(20):
        family.wants()
    send_what_is_due(notify)
    assert len(fake(notify, "intake").asked) == 1


def test_when_the_owner_is_away_the_text_waits_for_its_lease(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    message_id = family.wants()
    fake(notify, "intake").away = True
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.PLANNED
    fake(notify, "intake").away = False
    lease_runs_out(notify)
    send_what_is_due(notify)
    assert len(twilio.sent) == 1


def test_a_busy_provider_is_tried_again_after_the_wait_and_not_before(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    message_id = family.wants()
    twilio.behave("ok", "429")
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.PLANNED
    assert claim(notify) == []
    clock.advance(timedelta(seconds=7))
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.ACCEPTED
    assert [one.state for one in attempts(notify, message_id)] == [
        AttemptState.NOT_SENT,
        AttemptState.ACCEPTED,
    ]
    assert len(twilio.sent) == 1


@pytest.mark.parametrize("mode", ["500-after", "drop-after", "500", "drop"])
def test_a_text_that_may_be_on_its_way_is_never_sent_again_by_itself(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock, mode: str
) -> None:
    message_id = family.wants()
    twilio.behave("ok", mode)
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.UNKNOWN
    for _ in range(30):
        clock.advance(timedelta(minutes=5))
        lease_runs_out(notify)
        send_what_is_due(notify)
        look_for_what_is_unknown(notify)
    assert twilio.ledger.calls == 1
    assert len(twilio.sent) == ("after" in mode)


def test_a_provider_that_hangs_after_accepting_is_found_by_looking(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    senders.install(make_sender(notify, twilio, timeout=0.2))
    message_id = family.wants()
    twilio.behave("hang")
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.UNKNOWN
    [taken] = twilio.sent
    taken.status = "sent"
    clock.advance(timedelta(minutes=1))
    look_for_what_is_unknown(notify)
    assert read(notify, message_id).state is MessageState.ACCEPTED
    assert attempts(notify, message_id)[0].provider_sid == taken.sid


def test_a_text_nobody_can_find_becomes_a_persons_matter(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    message_id = family.wants()
    twilio.behave("drop")
    send_what_is_due(notify)
    for _ in range(8):
        clock.advance(timedelta(minutes=10))
        look_for_what_is_unknown(notify)
    assert read(notify, message_id).state is MessageState.PERSON
    [item] = on_the_list(notify, "message-failed")
    assert item.details["messageId"] == str(message_id)


def test_between_two_unknown_texts_to_one_number_the_machine_does_not_choose(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    both = [family.wants(), family.wants(Purpose.NOBODY_FOUND)]
    twilio.behave("drop", "drop-after")
    send_what_is_due(notify)
    twilio.sent[0].status = "sent"
    clock.advance(timedelta(minutes=1))
    look_for_what_is_unknown(notify)
    assert {read(notify, one).state for one in both} == {MessageState.UNKNOWN}


def test_a_process_that_dies_in_the_call_leaves_nothing_sent_twice(
    notify: Runtime, twilio: TwilioStandIn, family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = family.wants()

    def dies(*_: object, **__: object) -> None:
        raise SystemExit

    monkeypatch.setattr("services.notify.messages.commands.finish", dies)
    with pytest.raises(SystemExit):
        send_what_is_due(notify)
    monkeypatch.undo()
    assert read(notify, message_id).state is MessageState.IN_FLIGHT
    assert claim(notify) == []
    look_for_what_is_unknown(notify)
    assert read(notify, message_id).state is MessageState.IN_FLIGHT
    lease_runs_out(notify)
    look_for_what_is_unknown(notify)
    assert read(notify, message_id).state is MessageState.UNKNOWN
    assert attempts(notify, message_id)[0].state is AttemptState.UNKNOWN
    lease_runs_out(notify)
    send_what_is_due(notify)
    assert len(twilio.sent) == 1


def test_mail_that_the_postbus_never_had_is_posted_after_all(
    notify: Runtime, family: Family, clock: FixedClock
) -> None:
    family.is_now(channel="email")
    message_id = family.wants()
    send_what_is_due(notify)
    with notify.engine.begin() as connection:
        connection.execute(text("UPDATE messages SET state = 'in-flight'"))
        connection.execute(text("UPDATE attempts SET state = 'in-flight', provider_status = NULL"))
        connection.execute(text("DELETE FROM postbus"))
    lease_runs_out(notify)
    look_for_what_is_unknown(notify)
    clock.advance(timedelta(minutes=1))
    send_what_is_due(notify)
    assert read(notify, message_id).state is MessageState.DELIVERED
