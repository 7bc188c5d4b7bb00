"""Which channel is used, and which settings are refused, with the reason in words."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from services.notify.channels.choice import channels
from services.notify.channels.port import ChannelName
from services.notify.channels.postbus import Postbus
from services.notify.channels.settings import ChannelSettings
from services.notify.channels.smtp_email import SmtpEmail
from services.notify.channels.twilio_sms import TwilioSms
from shared.clock import SystemClock
from shared.settings import SettingsProblem, load
from tests.kit.settings import ENVIRONMENT

TWILIO = {
    "twilio_account_sid": "AC" + "1" * 32,
    "twilio_auth_token": "t",
    "twilio_from": "+3197010000000",
}


def settings(**given: Any) -> ChannelSettings:
    values = {name.removeprefix("WEERZIEN_").lower(): value for name, value in ENVIRONMENT.items()}
    return ChannelSettings(**(values | given))


def nowhere() -> Any:
    raise AssertionError("choosing a channel asks no database")


def chosen(**given: Any) -> dict[ChannelName, type]:
    found = channels(settings(**given), nowhere, SystemClock())
    return {name: type(channel) for name, channel in found.items()}


def test_on_one_machine_the_postbus_stands_in_for_both() -> None:
    assert chosen() == {ChannelName.SMS: Postbus, ChannelName.EMAIL: Postbus}


def test_a_provider_that_is_named_is_used() -> None:
    named = TWILIO | {"postbus": True}
    assert chosen(**named) == {ChannelName.SMS: TwilioSms, ChannelName.EMAIL: Postbus}
    assert chosen(smtp_url="smtp://127.0.0.1:25") == {
        ChannelName.SMS: Postbus,
        ChannelName.EMAIL: SmtpEmail,
    }


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"embedded": False}, "TWILIO_ACCOUNT_SID"),
        ({"embedded": False} | TWILIO, "WEERZIEN_SMTP_URL"),
        (TWILIO, "WEERZIEN_SMTP_URL"),
        ({"smtp_url": "smtp://mail.example:25"}, "TWILIO_ACCOUNT_SID"),
        ({"twilio_account_sid": "AC1"}, "TWILIO_AUTH_TOKEN"),
        (TWILIO | {"twilio_from": None}, "TWILIO_MESSAGING_SERVICE_SID"),
        ({"smtp_url": "mail.example"}, "WEERZIEN_SMTP_URL"),
        ({"smtp_url": "http://mail.example"}, "WEERZIEN_SMTP_URL"),
        ({"imap_url": "imap.example"}, "WEERZIEN_IMAP_URL"),
        ({"imap_url": "imaps://mail.example/INBOX"}, "WEERZIEN_IMAP_URL"),
    ],
)
def test_a_channel_that_would_go_nowhere_is_refused_by_name(given: dict[str, Any], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        settings(**given)


@pytest.mark.parametrize(
    "written", ["Weerzien <hulp@centrum.example>", "hulp", "a@centrum.example, b@centrum.example"]
)
def test_a_sender_that_no_mail_server_takes_is_refused(written: str) -> None:
    with pytest.raises(ValidationError, match="must be one plain address"):
        settings(mail_from=written)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"smtp_helo": "localhost"}, "full name of this machine"),
        ({"smtp_helo": "a b.example"}, "full name of this machine"),
        ({"sms_prices": "NL"}, "no price"),
        ({"sms_cost_per_day": "-1"}, "greater than 0"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(given: dict[str, Any], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        settings(**given)


def test_what_is_empty_is_not_set() -> None:
    found = settings(smtp_helo="", sms_prices="", sms_cost_per_day="")
    assert (found.smtp_helo, found.sms_cost_per_day) == ("", None)


def test_all_that_channels_lack_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC1")
    monkeypatch.setenv("WEERZIEN_SMTP_URL", "mail.example")
    with pytest.raises(SettingsProblem) as refusal:
        load(ChannelSettings)
    assert str(refusal.value).splitlines()[1:] == [
        "  TWILIO_AUTH_TOKEN is missing: TWILIO_ACCOUNT_SID is set",
        "  TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID is missing: texts need a sender",
        "  WEERZIEN_SMTP_URL must look like smtp+starttls://name:password@host:587",
    ]


def test_a_stand_in_on_this_machine_is_no_provider_that_writes_to_people() -> None:
    standing_in = TWILIO | {"twilio_api_base_url": "http://127.0.0.1:9"}
    assert chosen(**standing_in) == {ChannelName.SMS: TwilioSms, ChannelName.EMAIL: Postbus}


@pytest.mark.parametrize("name", ["WEERZIEN_SMTP_URL", "TWILIO_ACCOUNT_SID", "TWILIO_API_BASE_URL"])
def test_a_provider_that_is_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for one, value in (ENVIRONMENT | {name: ""}).items():
        monkeypatch.setenv(one, value)
    found = load(ChannelSettings)
    assert not found.sms_has_provider
    assert not found.email_has_provider
    assert found.twilio_api_base_url == "https://api.twilio.com"


def test_elsewhere_the_postbus_must_be_switched_on_by_name() -> None:
    assert settings(embedded=False, postbus=True).postbus_is_on


def test_twilios_own_names_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC1")
    with pytest.raises(SettingsProblem, match="TWILIO_AUTH_TOKEN is missing"):
        load(ChannelSettings)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "t")
    monkeypatch.setenv("TWILIO_FROM", "Weerzien")
    monkeypatch.setenv("TWILIO_API_BASE_URL", "http://127.0.0.1:9")
    found = load(ChannelSettings)
    assert found.twilio_auth_token == SecretStr("t")
    assert found.twilio_api_base_url == "http://127.0.0.1:9"


def test_mail_has_a_sender_also_where_nobody_named_one() -> None:
    assert settings(public_url_notify="https://weerzien.example/n").sender == "weerzien@weerzien.example"
    assert settings(public_url_notify="http://127.0.0.1:8002").sender == "weerzien@localhost"
    assert settings(mail_from="hulp@centrum.example").sender == "hulp@centrum.example"
