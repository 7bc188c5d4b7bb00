"""As on a server: a database and a broker that are there already, and each process started by its command."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from shared.local.postgres import Postgres
from shared.local.valkey import Valkey
from tests.intake.requests.questions import question
from tests.kit.mailbox import Mailbox
from tests.kit.settings import ENVIRONMENT
from tests.kit.system import ROOT, eventually, three_ports
from tests.kit.twilio_standin import TwilioStandIn

SERVICES = ("intake", "referral", "notify")


class Machine:
    """Settings as an operator writes them, and the commands that the containers run."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.processes: list[subprocess.Popen[bytes]] = []

    def run(self, *arguments: str) -> str:
        done = subprocess.run(self._command(arguments), env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout.strip()

    def start(self, *arguments: str) -> None:
        self.processes.append(subprocess.Popen(self._command(arguments), env=self.environment))

    def stop(self) -> list[int]:
        for process in self.processes:
            process.terminate()
        return [process.wait(timeout=30) for process in self.processes]

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "services.cli", *arguments]


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="wz-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_a_question_is_answered_by_processes_started_one_by_one(folder: Path) -> None:
    with ExitStack() as stack:
        twilio, mailbox = stack.enter_context(TwilioStandIn()), stack.enter_context(Mailbox())
        twilio.behave(automatic=["delivered"])
        postgres, valkey = Postgres(folder / "servers"), Valkey(folder / "servers")
        database, broker = postgres.start(), valkey.start()
        stack.callback(postgres.stop)
        stack.callback(valkey.stop)
        first = three_ports()
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("WEERZIEN_", "TWILIO_"))}
        settings = ENVIRONMENT | {"WEERZIEN_DATABASE_URL": database, "WEERZIEN_BROKER_URL": broker}
        settings |= {
            f"WEERZIEN_PUBLIC_URL_{name.upper()}": f"http://127.0.0.1:{first + place}"
            for place, name in enumerate(SERVICES)
        }
        settings |= {"WEERZIEN_EMBEDDED": "false", "WEERZIEN_SMTP_URL": mailbox.url}
        settings |= {"PYTHONPATH": str(ROOT), "WEERZIEN_DATA": str(folder / "none")}
        machine = Machine(clean | settings | twilio.environment())
        machine.run("migrate")
        machine.run("migrate")
        key = machine.run("keys", "create", "a partner's form", "--scope", "requests:write")
        for place, name in enumerate(SERVICES):
            machine.start("web", name, "--port", str(first + place))
            machine.start("worker", name)
            machine.start("dispatcher", name)
        try:
            for place in range(3):
                eventually(lambda place=place: ready(first + place), 40, what="a ready service")  # type: ignore[misc]
            assert "alive" in machine.run("alive", "notify", "worker")
            asked = httpx.post(
                f"http://127.0.0.1:{first}/v1/advice-requests",
                json=question(),
                headers={"Authorization": f"Bearer {key}"},
                trust_env=False,
            )
            assert asked.status_code == 202, asked.text
            eventually(lambda: twilio.to("+31612345678"), 30, what="a text")
            assert asked.json()["reference"] in twilio.to("+31612345678")[0].body
        finally:
            codes = machine.stop()
        assert set(codes) <= {0, -signal.SIGTERM}


def ready(port: int) -> bool:
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5, trust_env=False)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200
