"""The whole system on one machine: `up` and `demo` as people run them."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from local.ports import hold
from local.providers import MARK
from services import demo
from services.journey import Step, StepFailed
from services.up import Options
from shared.events.services import SERVICES
from tests.kit.mailbox import Mailbox
from tests.kit.system import PATIENCE
from tests.kit.twilio_standin import TwilioStandIn
from tests.local.conftest import REPOSITORY, processes_of, until

Weerzien = Callable[..., "subprocess.Popen[str]"]
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def weerzien(place: Path) -> Iterator[Weerzien]:
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("WEERZIEN_", "TWILIO_"))}
        process = subprocess.Popen(
            [sys.executable, "-m", "services.cli", *arguments, "--data", str(place / "data")],
            env={**clean, "PYTHONPATH": str(REPOSITORY), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def port() -> Iterator[int]:
    """The first of three that are held for this test."""
    with hold(3) as first:
        yield first


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_the_demo_brings_a_question_to_a_delivered_text_at_any_hour(
    weerzien: Weerzien, place: Path, port: int
) -> None:
    for _ in range(2):
        process = weerzien("demo", "--once", "--port", str(port))
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
        assert "Every step happened." in said
        assert said.count("✓") == 18
        assert "no partner hears of it yet" in said
        assert said.count("SMS: “Weerzien: ") == 2
        assert "named: Exodus" in said
        assert "Its asker hears that there is an answer, reads it and writes back" in said
        assert said.count(f"http://127.0.0.1:{port}/desk/sample/") == 1
    assert not processes_of(place)


def test_the_demo_reaches_nobody_also_where_secrets_are_files(
    weerzien: Weerzien, place: Path, port: int
) -> None:
    """As on a server, where a container has its providers under /run/secrets."""
    secrets = place / "files"
    secrets.mkdir()
    with TwilioStandIn() as twilio, Mailbox() as mailbox:
        for name, value in (twilio.environment() | {"WEERZIEN_SMTP_URL": mailbox.url}).items():
            (secrets / name.lower()).write_text(value)
        process = weerzien("demo", "--once", "--port", str(port), WEERZIEN_SECRETS_DIR=str(secrets))
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
        assert (twilio.sent, twilio.ledger.calls, mailbox.mails) == ([], 0, [])
    assert "TWILIO_ACCOUNT_SID" in said.splitlines()[0]
    assert (place / "data" / MARK).exists()


def test_what_runs_is_found_by_commands_and_nothing_is_lost_when_all_of_it_is_killed(
    weerzien: Weerzien, place: Path, port: int
) -> None:
    system = weerzien("up", "--sample", "--port", str(port))
    addresses = [f"http://127.0.0.1:{port + step}" for step in range(3)]
    assert line(system) == "ready  intake {}  referral {}  notify {}".format(*addresses)
    told, _, link = line(system).rpartition(" ")
    assert told == "to look around as a sample adviser, once:"
    assert link.startswith(f"{addresses[0]}/desk/sample/")
    assert "Noor" in httpx.get(link).text
    assert stat.S_IMODE((place / "data" / "runtime.json").stat().st_mode) == 0o600

    key, _ = weerzien("keys", "create", "School", "--scope", "messages:read").communicate(timeout=60)
    question = f"{addresses[2]}/v1/messages?causeId={NOBODY}"
    bearer = {"Authorization": f"Bearer {key.strip()}"}
    assert httpx.get(question, headers=bearer).json()["items"] == []

    for pid in [system.pid, *processes_of(place)]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    system.wait(60)
    until(lambda: not processes_of(place), what="for everything to end")

    again = weerzien("up", "--port", str(port))
    assert line(again).startswith("ready")
    assert httpx.get(question, headers=bearer).status_code == 200
    again.terminate()
    assert again.wait(60) == 0
    assert not (place / "data" / "runtime.json").exists()
    assert not (place / "data" / "secrets" / "running.json").exists()


def listening_on(port: int) -> set[int]:
    """The processes that accept connections there."""
    return {
        process.pid
        for process in psutil.process_iter()
        for one in connections_of(process)
        if one.status == psutil.CONN_LISTEN and one.laddr.port == port
    }


def connections_of(process: psutil.Process) -> list[Any]:
    with contextlib.suppress(psutil.Error):
        return list(process.net_connections("tcp"))
    return []


def test_web_processes_that_stand_still_are_started_anew_and_people_are_answered(
    weerzien: Weerzien, port: int
) -> None:
    system = weerzien("up", "--sample", "--port", str(port))
    assert line(system).startswith("ready")
    assert line(system).startswith("to look around")
    assert line(system).startswith("and as a sample planner")
    served = {port + step: listening_on(port + step) - {system.pid} for step in range(3)}
    for [process] in served.values():
        os.kill(process, signal.SIGSTOP)
    said = [line(system) for _ in range(6)]
    for service in SERVICES:
        assert f"web-{service} lives and has not answered for 10 s" in said
        assert any(one.startswith(f"web-{service} ended by signal 9; starts again") for one in said)
    for place, stopped in served.items():
        new = until(partial(another, system, place, stopped), what=f"for another process at {place}")
        assert httpx.get(f"http://127.0.0.1:{place}/readyz", timeout=PATIENCE).status_code == 200, new
    system.terminate()
    assert system.wait(60) == 0


def another(system: subprocess.Popen[str], port: int, stopped: set[int]) -> set[int]:
    return listening_on(port) - {system.pid} - stopped


def test_a_step_that_does_not_happen_is_named_and_ends_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        def __init__(self, *_: object) -> None: ...

        def __enter__(self) -> Broken:
            return self

        def __exit__(self, *_: object) -> None: ...

        def steps(self) -> Iterator[Step]:
            yield "A carer asks a question", lambda: ["reference WZ-1"]
            yield "It is matched", self.fail
            yield "Never reached", self.fail

        def fail(self) -> list[str]:
            raise StepFailed("the request is waiting, not offered")

    (tmp_path / "operator.key").write_text("wz_a_b")
    monkeypatch.setattr(demo, "Journey", Broken)
    assert demo._walk(Options(tmp_path)) == 1
    said = capsys.readouterr().out
    assert "✗ 2. It is matched" in said
    assert "the request is waiting, not offered" in said
    assert "Never reached" not in said
