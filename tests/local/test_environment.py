from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.account import LocalProblem
from local.environment import addresses, leave_note, local_environment, running_environment
from local.processes import Lock
from local.providers import mark_as_sample, refuse_real_providers
from services.installation import use_running
from services.notify.channels.providers import OURS, PROVIDERS

SERVERS = {"database": "postgresql://here/weerzien", "broker": "redis://here/0"}


def test_a_machine_without_settings_gets_every_one_that_the_services_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services import system

    for name, value in local_environment({}, tmp_path, addresses("127.0.0.1", 8000), SERVERS).items():
        monkeypatch.setenv(name, value)
    for service in ("intake", "referral", "notify"):
        assert system.settings(service).embedded
    assert system.settings("notify").public_url("notify") == "http://127.0.0.1:8002"


def test_what_the_operator_set_is_kept(tmp_path: Path) -> None:
    given = {
        "WEERZIEN_SECRET_KEY": "of the operator",
        "WEERZIEN_PUBLIC_URL_INTAKE": "https://help.example.org",
        "WEERZIEN_SMTP_URL": "smtp://mail.example.org:587",
        "WEERZIEN_EMBEDDED": "false",
        "TWILIO_ACCOUNT_SID": "AC1",
        "PATH": "/bin",
    }
    made = local_environment(given, tmp_path, addresses("0.0.0.0", 9000), SERVERS, names=OURS)
    assert {name: made.get(name) for name in given} == {**given, "PATH": None}
    assert made["WEERZIEN_INTERNAL_URL_INTAKE"] == "http://127.0.0.1:9000"
    assert not (tmp_path / "secrets" / "secret_key").exists()


def test_a_shifted_clock_gets_one_anchor_for_every_process(tmp_path: Path) -> None:
    given = {"WEERZIEN_CLOCK": "2026-12-01T10:00:00+01:00", "WEERZIEN_CLOCK_ANCHOR": "2020-01-01T00:00:00Z"}
    made = local_environment(given, tmp_path, addresses("", 8000), SERVERS)
    anchor = datetime.fromisoformat(made["WEERZIEN_CLOCK_ANCHOR"])
    assert abs(datetime.now(UTC) - anchor) < timedelta(minutes=1)
    assert "WEERZIEN_CLOCK_ANCHOR" not in local_environment({}, tmp_path, addresses("", 8000), SERVERS)


def test_commands_find_what_runs_and_do_not_believe_a_note_of_what_was_killed(tmp_path: Path) -> None:
    settings = {
        "WEERZIEN_DATABASE_URL": "postgresql://weerzien:s3cret@/weerzien?host=/run/here&port=5432",
        "WEERZIEN_SECRET_KEY": "s3cret-too",
        "TWILIO_AUTH_TOKEN": "s3cret-as-well",
        "WEERZIEN_NEW_AND_UNKNOWN": "s3cret-perhaps",
        "WEERZIEN_PUBLIC_URL_INTAKE": "https://help.example.org",
    }
    assert running_environment(tmp_path) is None
    leave_note(tmp_path, settings)
    assert running_environment(tmp_path) is None
    lock = Lock(tmp_path / "lock")
    assert lock.take()
    assert running_environment(tmp_path) == settings
    for note in (tmp_path / "runtime.json", tmp_path / "secrets" / "running.json"):
        assert stat.S_IMODE(note.stat().st_mode) == 0o600
    plain = (tmp_path / "runtime.json").read_text()
    assert "s3cret" not in plain
    assert "https://help.example.org" in plain
    assert json.loads(plain)["sockets"] == "/run/here"
    lock.release()
    assert running_environment(tmp_path) is None


def test_commands_speak_of_the_providers_of_what_runs_and_not_of_who_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_note(tmp_path, {"TWILIO_ACCOUNT_SID": "AC-running"})
    lock = Lock(tmp_path / "lock")
    assert lock.take()
    environment = {"TWILIO_ACCOUNT_SID": "AC-mine", "WEERZIEN_SMTP_URL": "smtp://mine"}
    monkeypatch.setattr("os.environ", environment)
    assert use_running(tmp_path)
    assert environment == {"TWILIO_ACCOUNT_SID": "AC-running"}
    lock.release()


def test_invented_people_never_meet_a_real_provider(tmp_path: Path) -> None:
    twilio = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t"}
    mail = {"WEERZIEN_SMTP_URL": "smtp://mail.example.org:587"}
    refuse_real_providers(tmp_path, twilio | mail, PROVIDERS)
    mark_as_sample(tmp_path)
    for real in (twilio, mail):
        with pytest.raises(LocalProblem, match="invented family"):
            refuse_real_providers(tmp_path, real, PROVIDERS)
    refuse_real_providers(tmp_path, twilio | {"TWILIO_API_BASE_URL": "http://127.0.0.1:9999"}, PROVIDERS)
    refuse_real_providers(tmp_path, {"WEERZIEN_SMTP_URL": "smtp://localhost:2525"}, PROVIDERS)
