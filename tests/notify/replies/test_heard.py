"""What is written down of a text that comes in, and who is answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.notify.channels.port import Inbound, OptOut
from services.notify.channels.settings import NotifyRuntime as Runtime
from services.notify.messages.tables import MessageState, Purpose
from services.notify.replies.commands import receive
from services.notify.service import SERVICE
from shared.clock import FixedClock
from shared.desk.commands import carry_out
from tests.kit.twilio_standin import TwilioStandIn
from tests.notify.messages.family import NUMBER, Family, on_the_list, send_what_is_due

OTHER = "+31687654321"
NIGHT = datetime(2026, 12, 1, 22, 30, tzinfo=UTC)


def texts(runtime: Runtime, body: str, sender: str = NUMBER, *, answered_stop: bool = False) -> None:
    sid = f"SM{len(rows(runtime, 'inbound_texts'))}"
    with runtime.sessions() as session:
        receive(
            session,
            Inbound(sid, sender, body, OptOut.STOP if answered_stop else None),
            at=runtime.clock.now(),
        )


def rows(runtime: Runtime, table: str) -> list[Any]:
    with runtime.engine.connect() as connection:
        return list(connection.execute(text(f"SELECT * FROM {table} ORDER BY id")).all())


def test_who_starts_again_leaves_the_silence_of_another_as_it_is(
    notify: Runtime, twilio: TwilioStandIn
) -> None:
    texts(notify, "STOP")
    texts(notify, "STOP", OTHER)
    texts(notify, "START", OTHER)
    send_what_is_due(notify)
    assert [sent.to for sent in twilio.sent] == [NUMBER]
    assert [row.reason for row in rows(notify, "suppressions")] == ["stop-word"]
    states = {row.state: row.reason for row in rows(notify, "messages")}
    assert states[MessageState.VOID] == "heard-from-again"


def test_that_somebody_was_heard_is_said_at_night_too_in_dutch_if_nothing_went_before(
    notify: Runtime, twilio: TwilioStandIn, clock: FixedClock
) -> None:
    clock.set(NIGHT)
    texts(notify, "STOP")
    send_what_is_due(notify)
    assert [sent.to for sent in twilio.sent] == [NUMBER]
    [message], [heard] = rows(notify, "messages"), rows(notify, "inbound_texts")
    assert (message.purpose, message.language, message.windowed) == ("stop-confirmed", "nl", False)
    assert message.cause_id == message.recipient_id == heard.id
    assert (heard.understood_as, heard.received_at) == ("stop", NIGHT)


def test_a_stop_that_the_provider_confirmed_is_kept_like_any_other(notify: Runtime) -> None:
    texts(notify, "liever niet meer", answered_stop=True)
    assert [row.reason for row in rows(notify, "suppressions")] == ["stop-word"]
    assert rows(notify, "messages") == []
    assert on_the_list(notify) == []


@pytest.mark.parametrize(
    ("body", "reason"), [("JA", "answer-to-nothing"), ("Mag oma mee?", "not-understood")]
)
def test_the_desk_reads_what_was_answered_and_to_which_text(
    notify: Runtime, twilio: TwilioStandIn, family: Family, clock: FixedClock, body: str, reason: str
) -> None:
    family.wants()
    send_what_is_due(notify)
    message_id = family.wants(Purpose.NOBODY_FOUND)
    clock.advance(timedelta(minutes=1))
    send_what_is_due(notify)
    texts(notify, body)
    [item], [heard] = on_the_list(notify), rows(notify, "inbound_texts")
    assert (item.kind, item.reason, item.text, item.subject_id) == ("reply", reason, body, heard.id)
    assert item.details == {
        "messageId": str(message_id),
        "purpose": "nobody-found",
        "causeId": str(family.request_id),
        "recipientId": str(family.request_id),
    }


def test_who_never_had_a_text_is_heard_all_the_same(notify: Runtime) -> None:
    texts(notify, "Wie is dit?")
    texts(notify, "Hallo?")
    items = on_the_list(notify)
    assert [item.details for item in items] == [{}, {}]
    assert {item.text for item in items} == {"Wie is dit?", "Hallo?"}


def test_a_silence_that_a_person_understood_is_kept_as_theirs(notify: Runtime) -> None:
    texts(notify, "laat me met rust")
    [item] = on_the_list(notify)
    with notify.sessions() as session:
        carry_out(session, SERVICE.desk, item.id, "stop-texts", {}, at=notify.clock.now(), by="desk")
    assert [row.reason for row in rows(notify, "suppressions")] == ["desk"]
