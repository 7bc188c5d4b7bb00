"""What a work item about a message tells the desk, and what is left of it once the matter is settled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.notify.channels.port import Fault, ProviderStatus, Report
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.messages import commands
from services.notify.messages.tables import MessageState, Purpose
from shared.clock import FixedClock
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.conftest import with_limits
from tests.notify.messages.family import (
    NUMBER,
    Family,
    attempts,
    claim,
    on_the_list,
    read,
    send_what_is_due,
)


def reported(
    runtime: Runtime,
    message_id: UUID,
    status: ProviderStatus,
    error_code: str | None = None,
    fault: Fault | None = None,
) -> None:
    [attempt] = attempts(runtime, message_id)
    told = Report(attempt.provider_sid or "SM1", NUMBER, status, error_code, fault)
    with runtime.sessions() as session:
        commands.report(session, attempt.id, told, at=runtime.clock.now())


def resolutions(runtime: Runtime) -> list[str]:
    with runtime.engine.connect() as connection:
        return list(connection.execute(text("SELECT resolution FROM work_items ORDER BY id")).scalars())


def test_the_desk_reads_which_text_failed_and_whose_it_is(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    cause_id = uuid4()
    message_id = family.wants(Purpose.NOBODY_FOUND, cause_id=cause_id)
    send_what_is_due(notify)
    reported(notify, message_id, ProviderStatus.UNDELIVERED, "30003")
    [item] = on_the_list(notify)
    assert (item.kind, item.reason, item.subject_id) == ("message-failed", "30003", message_id)
    assert item.details == {
        "messageId": str(message_id),
        "purpose": "nobody-found",
        "channel": "sms",
        "state": "undelivered",
        "causeId": str(cause_id),
        "requestId": str(family.request_id),
        "language": "nl",
    }


def test_a_text_that_is_about_no_request_names_none(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    message_id = family.wants(request_id=None)
    send_what_is_due(notify)
    reported(notify, message_id, ProviderStatus.FAILED)
    [item] = on_the_list(notify)
    assert item.reason == "undelivered"
    assert "requestId" not in item.details


@pytest.mark.parametrize("status", [ProviderStatus.DELIVERED, ProviderStatus.UNDELIVERED])
def test_the_list_keeps_how_a_text_in_doubt_turned_out(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock, status: ProviderStatus
) -> None:
    message_id = family.wants()
    twilio.behave("ok", "drop-after")
    send_what_is_due(notify)
    clock.advance(timedelta(hours=1))
    with notify.sessions() as session:
        assert commands.bind(session, message_id, [], at=clock.now()) is MessageState.PERSON
    reported(notify, message_id, status)
    came = status is ProviderStatus.DELIVERED
    assert resolutions(notify) == (["turned-out-delivered"] if came else [None])
    assert read(notify, message_id).state.value == status.value


def test_what_ends_is_leased_to_nobody(notify: Runtime, family: Family) -> None:
    message_id = family.wants()
    claim(notify)
    with notify.sessions() as session:
        commands.end(session, message_id, 1, MessageState.PERSON, "unreadable", at=notify.clock.now())
    message = read(notify, message_id)
    assert (message.state, message.reason, message.leased_until) == (MessageState.PERSON, "unreadable", None)


def test_an_answer_is_written_down_with_its_time(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    [attempt], message = attempts(notify, message_id), read(notify, message_id)
    assert (attempt.started_at, attempt.finished_at) == (clock.now(), clock.now())
    assert (attempt.number, message.attempt_count, message.leased_until) == (1, 1, None)
    assert (attempt.provider_sid, attempt.provider_status) == (twilio.sent[0].sid, ProviderStatus.QUEUED)


def test_a_number_at_its_ceiling_is_one_matter_and_another_number_another(
    notify: Runtime, twilio: TwilioStandIn, many: Callable[[int], list[Family]], clock: FixedClock
) -> None:
    with_limits(notify, twilio, sms_per_number_per_day=1)
    families = many(2)
    waiting = {one.wants(Purpose.NOBODY_FOUND) for one in families for _ in range(3)}
    send_what_is_due(notify)
    items = on_the_list(notify)
    assert [(one.kind, one.reason) for one in items] == [("texts-ceiling", "ceiling-number")] * 2
    assert {one.subject_id for one in items} < waiting
    assert [one.details for one in items] == [
        {"messageId": str(one.subject_id), "purpose": "nobody-found"} for one in items
    ]
    clock.advance(timedelta(hours=1))
    send_what_is_due(notify)
    assert len(on_the_list(notify)) == 2


def test_the_ceiling_of_all_numbers_is_one_matter(
    notify: Runtime, twilio: TwilioStandIn, many: Callable[[int], list[Family]]
) -> None:
    with_limits(notify, twilio, sms_per_day=1)
    for family in many(3):
        family.wants()
    send_what_is_due(notify)
    assert [one.reason for one in on_the_list(notify)] == ["ceiling-all"]
    assert len(twilio.sent) == 1


def silenced_by(runtime: Runtime) -> list[str]:
    with runtime.engine.connect() as connection:
        return list(connection.execute(text("SELECT reason FROM suppressions")).scalars())


def test_whose_texts_the_provider_stopped_is_written_down(notify: Runtime, family: Family) -> None:
    family.is_now(phone="+15005550004")
    family.wants()
    send_what_is_due(notify)
    assert silenced_by(notify) == ["provider"]


def test_also_where_the_provider_says_so_later(
    notify: Runtime, twilio: TwilioStandIn, family: Family
) -> None:
    message_id = family.wants()
    send_what_is_due(notify)
    reported(notify, message_id, ProviderStatus.UNDELIVERED, "21610", Fault.OPTED_OUT)
    assert silenced_by(notify) == ["provider"]
