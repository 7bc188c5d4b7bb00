from __future__ import annotations

import os
from pathlib import Path

import pytest

from shared.settings import CommonSettings, SettingsProblem, load, parse_keys, read_secret_files
from tests.kit.settings import ENVIRONMENT


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_complete_settings_are_taken(environment: pytest.MonkeyPatch) -> None:
    assert load(CommonSettings).public_url("intake") == "http://intake.test"


def test_without_secrets_nothing_starts_and_every_missing_one_is_named(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.delenv("WEERZIEN_SECRET_KEY")
    environment.delenv("WEERZIEN_ENCRYPTION_KEYS")
    with pytest.raises(SettingsProblem) as refusal:
        load(CommonSettings)
    assert "WEERZIEN_SECRET_KEY is missing" in str(refusal.value)
    assert "WEERZIEN_ENCRYPTION_KEYS is missing" in str(refusal.value)


@pytest.mark.parametrize("weak", ["changeme", "secret", "a" * 64, "weerzien" * 2])
def test_a_secret_that_anybody_could_guess_is_refused_and_not_repeated(
    environment: pytest.MonkeyPatch, weak: str
) -> None:
    environment.setenv("WEERZIEN_SECRET_KEY", weak)
    with pytest.raises(SettingsProblem) as refusal:
        load(CommonSettings)
    assert "WEERZIEN_SECRET_KEY must be at least 32 random characters" in str(refusal.value)
    assert weak not in str(refusal.value)


def test_several_secret_keys_are_a_ring_once_there_is_an_index_key(environment: pytest.MonkeyPatch) -> None:
    old, new = ENVIRONMENT["WEERZIEN_SECRET_KEY"], ENVIRONMENT["WEERZIEN_SECRET_KEY"][::-1]
    environment.setenv("WEERZIEN_SECRET_KEY", f"{new},{old}")
    with pytest.raises(SettingsProblem, match="WEERZIEN_INDEX_KEY is missing"):
        load(CommonSettings)
    environment.setenv("WEERZIEN_INDEX_KEY", old)
    assert load(CommonSettings).secret_keys == (new, old)


def test_a_service_takes_what_is_its_own_before_what_all_have(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("WEERZIEN_DATABASE_URL_NOTIFY", "postgresql://weerzien_notify@here/weerzien")
    environment.setenv("WEERZIEN_BROKER_URL_NOTIFY", "")
    notify, intake = (load(CommonSettings, service=name) for name in ("notify", "intake"))
    assert notify.database_url == "postgresql+psycopg://weerzien_notify@here/weerzien"
    assert intake.database_url.endswith("//nowhere/nothing")
    assert notify.broker_url == intake.broker_url
    environment.delenv("WEERZIEN_DATABASE_URL")
    assert load(CommonSettings, service="notify") == notify
    with pytest.raises(SettingsProblem, match="WEERZIEN_DATABASE_URL is missing"):
        load(CommonSettings, service="intake")


def test_what_is_wrong_with_a_services_own_setting_is_said_under_its_name(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("WEERZIEN_SECRET_KEY_NOTIFY", "changeme")
    with pytest.raises(SettingsProblem, match="WEERZIEN_SECRET_KEY_NOTIFY must be at least"):
        load(CommonSettings, service="notify")


def test_a_comma_in_a_secret_of_before_divides_nothing(environment: pytest.MonkeyPatch) -> None:
    phrase = "never, ever, tell anybody this long sentence"
    environment.setenv("WEERZIEN_SECRET_KEY", phrase)
    assert load(CommonSettings).secret_keys == (phrase,)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ("", "holds no key"),
        ("k1", "each key is an id, a colon and 32 random bytes"),
        ("k1:AAAA", "each key is an id, a colon and 32 random bytes"),
        ("k1:not base64!", "is not base64"),
        (",".join([ENVIRONMENT["WEERZIEN_ENCRYPTION_KEYS"]] * 2), "is given twice"),
    ],
)
def test_encryption_keys_that_cannot_work_are_refused_in_words(keys: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_keys(keys)


def test_a_server_does_not_run_on_a_clock_that_was_set(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("WEERZIEN_EMBEDDED", "false")
    environment.setenv("WEERZIEN_CLOCK", "2026-12-01T10:00:00+01:00")
    with pytest.raises(SettingsProblem, match="only works in the embedded mode"):
        load(CommonSettings)


def test_a_level_of_the_log_that_there_is_not_is_refused(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("WEERZIEN_LOG_LEVEL", "foo")
    with pytest.raises(SettingsProblem, match="WEERZIEN_LOG_LEVEL must be one of DEBUG, INFO"):
        load(CommonSettings)
    environment.setenv("WEERZIEN_LOG_LEVEL", "debug")
    assert load(CommonSettings).log_level == "DEBUG"


def test_a_secret_may_be_a_file_as_containers_have_it(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = "a-secret-from-a-file-0123456789-abcdefgh"
    (tmp_path / "weerzien_secret_key").write_text(secret + "\n")
    environment.delenv("WEERZIEN_SECRET_KEY")
    environment.setenv("WEERZIEN_SECRETS_DIR", str(tmp_path))
    environment.setattr("os.environ", dict(os.environ))
    assert load(CommonSettings).secret_key.get_secret_value() == secret


def test_an_address_as_some_providers_write_it_is_understood_by_every_command(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setattr("os.environ", dict(os.environ) | {"WEERZIEN_DATABASE_URL": "postgres://u:p@h/d"})
    read_secret_files()
    assert os.environ["WEERZIEN_DATABASE_URL"] == "postgresql://u:p@h/d"


def test_a_setting_that_is_set_to_nothing_is_not_set(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.setenv("WEERZIEN_DATABASE_POOL", "")
    environment.setenv("WEERZIEN_LOG_LEVEL", "")
    environment.setenv("WEERZIEN_INTERNAL_URL_INTAKE", "")
    environment.setenv("WEERZIEN_SECRET_KEY", "")
    environment.setenv("WEERZIEN_SECRETS_DIR", str(tmp_path))
    with pytest.raises(SettingsProblem, match="WEERZIEN_SECRET_KEY is missing"):
        load(CommonSettings)
    (tmp_path / "weerzien_secret_key").write_text(ENVIRONMENT["WEERZIEN_SECRET_KEY"])
    found = load(CommonSettings)
    assert (found.database_pool, found.log_level) == (10, "INFO")
    assert found.internal_url("intake") == "http://intake.test"
