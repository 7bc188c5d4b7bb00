"""A text that its provider is to forget: gone, still on its way, or not to be had at the moment."""

from __future__ import annotations

from uuid import uuid4

import pytest

from services.notify.channels.port import Accepted, Outgoing, StillKept
from services.notify.channels.twilio_sms import TwilioAccount, TwilioSms
from tests.kit.twilio_ledger import SENDER
from tests.kit.twilio_standin import TwilioStandIn


@pytest.fixture
def channel(twilio: TwilioStandIn) -> TwilioSms:
    return TwilioSms(TwilioAccount(twilio.sid, twilio.token, twilio.url, SENDER), timeout=5)


def sent(channel: TwilioSms) -> str:
    outcome = channel.send(Outgoing(uuid4(), "+31612345678", None, "hallo", "nl"))
    assert isinstance(outcome, Accepted)
    return outcome.sid


def test_a_text_that_arrived_is_deleted_and_a_second_time_is_as_good(
    channel: TwilioSms, twilio: TwilioStandIn
) -> None:
    sid = sent(channel)
    twilio.sent[0].status = "delivered"
    assert channel.forget(sid) is None
    assert twilio.sent == []
    assert channel.forget(sid) is None


def test_a_text_on_its_way_cannot_be_deleted_yet(channel: TwilioSms) -> None:
    assert channel.forget(sent(channel)) == StillKept("provider-still-sends-it")


@pytest.mark.parametrize(
    ("mode", "kept"), [("429", StillKept("provider-is-busy", 1)), ("500", StillKept("provider-error-500"))]
)
def test_a_provider_that_has_no_time_is_asked_again(
    channel: TwilioSms, twilio: TwilioStandIn, mode: str, kept: StillKept
) -> None:
    sid = sent(channel)
    twilio.sent[0].status = "delivered"
    twilio.behave(mode)
    assert channel.forget(sid) == kept
    twilio.behave()
    assert channel.forget(sid) is None


def test_a_provider_that_cannot_be_reached_or_knows_another_key_keeps_it(twilio: TwilioStandIn) -> None:
    stranger = TwilioSms(TwilioAccount(twilio.sid, "another", twilio.url, SENDER), timeout=5)
    assert stranger.forget("SM1") == StillKept("provider-refuses-our-key", 900)
    nowhere = TwilioSms(TwilioAccount(twilio.sid, twilio.token, "http://127.0.0.1:1", SENDER), timeout=1)
    assert nowhere.forget("SM1") == StillKept("provider-cannot-be-reached")
