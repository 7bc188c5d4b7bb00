"""What a channel is given, and which of a batch may go: texts and mails are judged each by their own."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from services.notify.channels.port import ChannelName, Outgoing
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.messages import commands
from services.notify.messages.commands import Limits, Ready
from services.notify.messages.moments import Rhythm
from services.notify.messages.recipients import Recipient
from services.notify.messages.tables import MessageState
from services.notify.service import SERVICE
from shared.clock import FixedClock
from shared.messaging.waker import Waker
from tests.kit.dispatching import handed_out_when_woken
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.messages.family import NUMBER, Family, attempts, claim, on_the_list, read, send_what_is_due

CALLBACKS = "http://notify.test/twilio/status"


def ready(message_id: UUID, channel: ChannelName = ChannelName.SMS, *, fence: int = 1) -> Ready:
    to = NUMBER if channel is ChannelName.SMS else "anna@example.org"
    who = Recipient(channel, to, "nl", Rhythm("Europe/Amsterdam"))
    segments = 1 if channel is ChannelName.SMS else None
    return Ready(message_id, fence, who, None, "words", segments)


def begun(
    runtime: Runtime, *batch: Ready, all_: int = 1_000, callbacks: str | None = CALLBACKS
) -> list[Outgoing]:
    limits = Limits(sms_per_number_per_day=10, sms_per_day=all_)
    with runtime.sessions() as session:
        at = runtime.clock.now()
        started = commands.start(session, batch, limits=limits, callbacks=callbacks, at=at)
    return [outgoing for _, outgoing in started]


def claimed(runtime: Runtime, family: Family, number: int = 2) -> list[UUID]:
    ids = [family.wants() for _ in range(number)]
    claim(runtime)
    return ids


def test_a_report_is_asked_for_on_a_text_alone(notify: Runtime, family: Family) -> None:
    one, other = claimed(notify, family)
    texted, mailed = begun(notify, ready(one), ready(other, ChannelName.EMAIL))
    assert texted.status_callback == f"{CALLBACKS}/{texted.attempt_id}"
    assert mailed.status_callback is None


def test_and_not_where_nobody_could_report(notify: Runtime, family: Family) -> None:
    [one] = claimed(notify, family, 1)
    assert [outgoing.status_callback for outgoing in begun(notify, ready(one), callbacks=None)] == [None]


def test_mail_neither_waits_for_texts_nor_takes_their_place(notify: Runtime, family: Family) -> None:
    first, mail, second = claimed(notify, family, 3)
    batch = [ready(mail, ChannelName.EMAIL), ready(first)]
    assert len(begun(notify, *batch, all_=1)) == 2
    assert begun(notify, ready(second), all_=1) == []
    [late_mail, late_text] = claimed(notify, family)
    batch = [ready(late_text), ready(late_mail, ChannelName.EMAIL)]
    assert [one.to for one in begun(notify, *batch, all_=1)] == ["anna@example.org"]
    assert read(notify, late_text).reason == "ceiling"


def test_one_that_was_claimed_anew_or_taken_back_is_left_out(notify: Runtime, family: Family) -> None:
    ours, anew, back = claimed(notify, family, 3)
    with notify.engine.begin() as connection:
        connection.execute(text("UPDATE messages SET state = 'void' WHERE id = :id"), {"id": back})
    batch = [ready(ours), ready(anew, fence=0), ready(back), ready(UUID(int=1))]
    assert len(begun(notify, *batch)) == 1
    assert [read(notify, one).state for one in (ours, anew, back)] == [
        MessageState.IN_FLIGHT,
        MessageState.PLANNED,
        MessageState.VOID,
    ]


def test_a_text_whose_very_last_moment_it_is_goes_and_may_wait_no_longer(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock
) -> None:
    family.wants(not_after=clock.now())
    send_what_is_due(notify)
    assert [entry.validity for entry in twilio.sent] == [1]


def test_whom_somebody_erased_meanwhile_nobody_need_hear_of(notify: Runtime, family: Family) -> None:
    [message_id] = claimed(notify, family, 1)
    with notify.engine.begin() as connection:
        connection.execute(text("UPDATE messages SET erased_at = clock_timestamp()"))
    with notify.sessions() as session:
        at = notify.clock.now()
        commands.end(session, message_id, 1, MessageState.PERSON, "unreadable", at=at)
    assert read(notify, message_id).state is MessageState.PERSON
    assert on_the_list(notify) == []


def test_a_text_is_begun_with_what_it_goes_by(notify: Runtime, family: Family, clock: FixedClock) -> None:
    [message_id] = claimed(notify, family, 1)
    [outgoing] = begun(notify, ready(message_id))
    [attempt], message = attempts(notify, message_id), read(notify, message_id)
    assert (attempt.id, attempt.channel, attempt.started_at) == (outgoing.attempt_id, "sms", clock.now())
    assert (message.state, message.reason, message.segments) == (MessageState.IN_FLIGHT, None, 1)


@pytest.mark.parametrize("later", [timedelta(0), timedelta(minutes=1)])
def test_only_what_is_due_now_wakes_the_dispatcher(
    notify: Runtime, family: Family, monkeypatch: pytest.MonkeyPatch, later: timedelta
) -> None:
    woken: list[object] = []
    monkeypatch.setattr(Waker, "wake", lambda waker: woken.append(waker))
    family.wants(due_at=notify.clock.now() + later)
    assert len(woken) == (0 if later else 1)


def test_a_text_that_is_due_now_is_handed_out_as_soon_as_its_commit_wakes(
    notify: Runtime, family: Family
) -> None:
    family.wants()
    assert handed_out_when_woken(notify, SERVICE.wiring) == ["notify.messages.send"]
