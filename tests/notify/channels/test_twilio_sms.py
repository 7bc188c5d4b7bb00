"""The channel against the stand-in: a real connection, the official SDK, and every way it goes wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from urllib3.exceptions import SSLError

from services.notify.channels.port import (
    Accepted,
    Fault,
    NotSent,
    Outgoing,
    Perhaps,
    ProviderStatus,
    Rejected,
    Seen,
)
from services.notify.channels.twilio_sms import TwilioAccount, TwilioSms, broken, refused
from tests.kit.twilio_ledger import SENDER
from tests.kit.twilio_standin import TwilioStandIn

NUMBER = "+31612345678"


@pytest.fixture
def twilio() -> Iterator[TwilioStandIn]:
    with TwilioStandIn() as standin:
        yield standin


def channel(twilio: TwilioStandIn, *, timeout: float = 5, **given: str) -> TwilioSms:
    account = {"sid": twilio.sid, "token": twilio.token, "base_url": twilio.url, "sender": SENDER}
    return TwilioSms(TwilioAccount(**(account | given)), timeout=timeout)


def a_text(to: str = NUMBER, body: str = "Wij hebben uw vraag ontvangen.") -> Outgoing:
    return Outgoing(uuid4(), to, None, body, "nl", "http://notify.example/twilio/status/1")


def test_a_text_arrives_with_its_words_its_sender_and_its_status_callback(twilio: TwilioStandIn) -> None:
    answer = channel(twilio).send(a_text())
    [taken] = twilio.sent
    assert answer == Accepted(taken.sid, ProviderStatus.QUEUED)
    assert (taken.to, taken.body, taken.sender) == (NUMBER, "Wij hebben uw vraag ontvangen.", SENDER)
    assert taken.status_callback == "http://notify.example/twilio/status/1"


def test_a_messaging_service_chooses_the_sender(twilio: TwilioStandIn) -> None:
    service = "MG" + "1" * 32
    channel(twilio, sender="", messaging_service=service).send(a_text())
    assert (twilio.sent[0].sender, twilio.sent[0].messaging_service) == (None, service)


@pytest.mark.parametrize(
    ("number", "code", "fault"),
    [
        ("+15005550001", "21211", Fault.ADDRESS),
        ("+15005550009", "21614", Fault.ADDRESS),
        ("+15005550004", "21610", Fault.OPTED_OUT),
        ("+15005550003", "21408", Fault.OURS),
    ],
)
def test_a_refusal_says_whose_matter_it_is(
    twilio: TwilioStandIn, number: str, code: str, fault: Fault
) -> None:
    assert channel(twilio).send(a_text(number)) == Rejected(code, fault)


def test_a_code_that_nobody_knows_yet_is_still_a_refusal(twilio: TwilioStandIn) -> None:
    twilio.behave("21999")
    assert channel(twilio).send(a_text()) == Rejected("21999", Fault.OTHER)


def test_a_busy_provider_has_surely_not_sent_and_says_how_long_to_wait(twilio: TwilioStandIn) -> None:
    twilio.behave("429")
    twilio.ledger.retry_after = 7
    assert channel(twilio).send(a_text()) == NotSent("provider-is-busy", 7)
    assert twilio.ledger.calls == 1


def test_a_wrong_token_is_an_operators_matter_and_the_text_waits(twilio: TwilioStandIn) -> None:
    answer = channel(twilio, token="wrong").send(a_text())
    assert isinstance(answer, NotSent)
    assert answer.reason == "provider-refuses-our-key"
    assert twilio.sent == []


def test_a_request_that_timed_out_at_the_provider_may_be_on_its_way() -> None:
    assert refused(408, "None") == Perhaps("provider-timed-out")


def test_a_provider_with_a_wrong_certificate_was_told_nothing() -> None:
    told = SSLError("certificate verify failed: self-signed certificate")
    assert broken(told) == NotSent("provider-certificate-refused", 900)
    # In the middle of an answer, this error says nothing about what was sent before.
    assert broken(SSLError("unexpected eof")) == Perhaps("connection-broke")


def test_nobody_listening_is_surely_not_sent(twilio: TwilioStandIn) -> None:
    twilio.stop()
    assert channel(twilio).send(a_text()) == NotSent("provider-cannot-be-reached")


@pytest.mark.parametrize("mode", ["500", "500-after"])
def test_after_a_server_error_it_may_be_on_its_way(twilio: TwilioStandIn, mode: str) -> None:
    twilio.behave(mode)
    assert channel(twilio).send(a_text()) == Perhaps("provider-error-500")
    assert twilio.ledger.calls == 1


@pytest.mark.parametrize("mode", ["drop", "drop-after"])
def test_after_a_broken_connection_it_may_be_on_its_way(twilio: TwilioStandIn, mode: str) -> None:
    twilio.behave(mode)
    assert channel(twilio).send(a_text()) == Perhaps("connection-broke")
    assert twilio.ledger.calls == 1


def test_a_provider_that_never_answers_is_not_waited_for(twilio: TwilioStandIn) -> None:
    twilio.behave("hang")
    assert channel(twilio, timeout=0.2).send(a_text()) == Perhaps("connection-broke")
    assert [entry.to for entry in twilio.sent] == [NUMBER]


def test_looking_finds_what_was_taken_without_an_answer(twilio: TwilioStandIn) -> None:
    twilio.behave("drop-after")
    channel(twilio).send(a_text())
    [taken] = twilio.sent
    taken.status = "delivered"
    now = datetime.now(UTC)
    minute = timedelta(minutes=1)
    [seen] = channel(twilio).look(now - minute, now + minute, [])
    assert isinstance(seen, Seen)
    assert (seen.sid, seen.to, seen.status) == (taken.sid, NUMBER, ProviderStatus.DELIVERED)
    assert channel(twilio).look(now - 3 * minute, now - 2 * minute, []) == []


def test_looking_where_nobody_answers_finds_nothing(twilio: TwilioStandIn) -> None:
    twilio.stop()
    now = datetime.now(UTC)
    assert channel(twilio).look(now, now, []) == []


def test_the_sdk_keeps_no_copy_of_a_text(twilio: TwilioStandIn) -> None:
    sms = channel(twilio)
    sms.send(a_text())
    assert NUMBER not in repr(vars(sms._client.http_client))
