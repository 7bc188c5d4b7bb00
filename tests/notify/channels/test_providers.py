"""A provider is described by one value, and the rest of the program reads that."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.notify.channels.choice import in_use, reports_to
from services.notify.channels.port import ChannelName, Fault, ProviderStatus
from services.notify.channels.provider import Provider
from services.notify.channels.providers import OURS, PROVIDERS, SETTINGS
from services.notify.channels.settings import ChannelSettings
from services.notify.channels.twilio_codes import FAULTS, STATUSES
from services.notify.channels.twilio_webhooks import WEBHOOKS
from shared.settings import load
from shared.web import pages
from tests.kit.settings import ENVIRONMENT

ROOT = Path(__file__).parents[3]
# By this signature texts and calls, which are of two services, know who speaks.
SIGNED = ROOT / "shared/security/twilio.py"
NAMED = re.compile(r"twilio|hsds|smtp_url", re.IGNORECASE)
TWILIO = {"twilio_account_sid": "AC1", "twilio_auth_token": "t", "twilio_from": "Weerzien"}


def settings(**given: object) -> ChannelSettings:
    values = {name.removeprefix("WEERZIEN_").lower(): value for name, value in ENVIRONMENT.items()}
    return ChannelSettings(**(values | given))  # type: ignore[arg-type]


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda one: one.switch)
def test_a_provider_names_settings_that_there_are(provider: Provider) -> None:
    fields = ChannelSettings.model_fields
    known = {str(one.validation_alias or f"WEERZIEN_{name.upper()}") for name, one in fields.items()}
    assert set(provider.settings) <= known
    assert provider.address in provider.settings
    assert all(name.startswith(OURS) for name in provider.settings)


def test_every_setting_with_a_name_of_somebody_elses_belongs_to_a_provider() -> None:
    theirs = {
        str(one.validation_alias) for one in ChannelSettings.model_fields.values() if one.validation_alias
    }
    assert theirs <= set(SETTINGS)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda one: one.switch)
def test_each_reason_with_a_code_has_words_at_the_desk(provider: Provider) -> None:
    assert provider.reasons
    for form, text in provider.reasons.items():
        assert "code" in re.compile(form).groupindex
        assert pages.texts().has(f"desk-reason.{text}")


def test_a_provider_is_in_use_where_its_settings_say_so() -> None:
    assert in_use(settings()) == {}
    found = in_use(settings(**TWILIO, smtp_url="smtp://mail.example.org"))
    assert {channel: one.switch for channel, one in found.items()} == {
        ChannelName.SMS: "TWILIO_ACCOUNT_SID",
        ChannelName.EMAIL: "WEERZIEN_SMTP_URL",
    }


def test_only_who_reports_is_told_where() -> None:
    used = settings(**TWILIO, postbus=True, public_url_notify="https://notify.example.org")
    assert reports_to(used, ChannelName.SMS) == "https://notify.example.org/twilio/status"
    assert reports_to(used, ChannelName.EMAIL) is None
    assert reports_to(settings(), ChannelName.SMS) is None


def test_the_secrets_of_a_provider_may_be_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, text in {
        "twilio_account_sid": "AC1",
        "TWILIO_AUTH_TOKEN": "t",
        "twilio_from": "Weerzien",
        "weerzien_postbus": "true",
    }.items():
        (tmp_path / name).write_text(f"{text}\n")
    monkeypatch.setattr("os.environ", {**ENVIRONMENT, "WEERZIEN_SECRETS_DIR": str(tmp_path)})
    assert load(ChannelSettings).twilio_account_sid == "AC1"


def test_what_is_kept_of_how_far_a_text_is_stays_readable() -> None:
    assert set(STATUSES.values()) == set(ProviderStatus)
    assert {word: status.value for word, status in STATUSES.items()} == {word: word for word in STATUSES}
    assert set(FAULTS.values()) <= set(Fault)


def test_a_form_that_is_not_understood_says_nothing() -> None:
    assert WEBHOOKS.report({"MessageSid": "SM1", "MessageStatus": "receiving"}) is None
    assert WEBHOOKS.inbound({"MessageSid": "SM1", "Body": "STOP"}) is None


def test_what_is_shared_and_the_machine_name_no_provider() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("shared", "local")
        for path in (ROOT / folder).rglob("*.py")
        if path != SIGNED
        for line in path.read_text().splitlines()
        if NAMED.search(line)
    ]
    assert found == []
