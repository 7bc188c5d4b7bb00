"""The whole system as processes, with a stand-in for Twilio and a mail server on loopback."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import httpx

from local.ports import hold
from tests.kit.mailbox import Mailbox
from tests.kit.twilio_standin import TwilioStandIn

ROOT = Path(__file__).parents[2]
# Ten o'clock on a working Tuesday: inside every window, with a working week around it.
CLOCK = "2026-12-01T10:00:00+01:00"
# Seconds. No test should fail because a machine is slow: nine processes that start together on two busy cores
# take more than a minute.
PATIENCE = 300
T = TypeVar("T")


def eventually(look: Callable[[], T], seconds: float = PATIENCE, what: str = "it") -> T:
    """Return what `look` returns once it is true; raises AssertionError if that takes too long."""
    end = time.monotonic() + seconds
    while True:
        value = look()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {seconds} seconds: {value!r}")
        time.sleep(0.05)


class System:
    """An installation in a folder of its own, which can go up and down as often as a test likes.

    `port` is the first of three that are reserved for it, also while it is down.
    """

    def __init__(
        self, data: Path, port: int, twilio: TwilioStandIn, mailbox: Mailbox, program: str, **settings: str
    ) -> None:
        self.data, self.port, self.twilio, self.mailbox = data, port, twilio, mailbox
        self.program, self.settings = program, settings
        self.process: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("WEERZIEN_", "TWILIO_"))}
        ours = {"WEERZIEN_SMTP_URL": self.mailbox.url, "PYTHONPATH": str(ROOT)}
        return clean | self.twilio.environment() | self.settings | ours

    def up(self) -> None:
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", self.program, "up", "--sample"),
                *("--data", str(self.data), "--port", str(self.port)),
            ],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said = ""
        assert self.process.stdout
        for line in self.process.stdout:
            said += line
            if line.startswith("ready"):
                return
        raise AssertionError(f"the system did not start: {said}")

    def down(self) -> int:
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)
        return self.process.returncode

    def kill(self) -> None:
        """Kill the supervisor, and with it everything under it, without a chance to tidy up."""
        assert self.process
        self.process.kill()
        self.process.communicate()

    def wakes_at(self, clock: str) -> None:
        """Go down, and up again when business time is `clock`."""
        self.down()
        self.settings["WEERZIEN_CLOCK"] = clock
        self.up()

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.port + ('intake', 'referral', 'notify').index(service)}"

    @property
    def key(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {(self.data / 'operator.key').read_text().strip()}"}

    def call(self, method: str, service: str, path: str, **more: Any) -> httpx.Response:
        headers = self.key | more.pop("headers", {})
        return httpx.request(
            method, self.url(service) + path, headers=headers, timeout=20, trust_env=False, **more
        )

    def get(self, service: str, path: str) -> Any:
        return self.call("GET", service, path).raise_for_status().json()

    def post(self, service: str, path: str, body: Any) -> Any:
        answer = self.call("POST", service, path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def state(self, reference: str) -> str:
        return str(self.get("intake", f"/v1/advice-requests/{reference}")["state"])

    def wait_for(self, reference: str, state: str) -> None:
        eventually(lambda: self.state(reference) == state, what=f"state {state}")

    def messages(self, cause: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get("notify", f"/v1/messages?causeId={cause}")["items"]
        return items

    def work_items(self, service: str, subject: str) -> list[dict[str, Any]]:
        items = self.get(service, "/v1/work-items")["items"]
        return [item for item in items if subject in (item["subjectId"], *item["details"].values())]

    def offer_mails(self) -> list[EmailMessage]:
        return [mail for _, mail in self.mailbox.mails if "/r/" in body_of(mail)]


def body_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    return str(part.get_content()) if part else ""


def link_in(mail: EmailMessage, scheme: str = "http") -> str:
    match = re.search(rf"{scheme}://\S+/r/[\w-]+", body_of(mail))
    assert match, body_of(mail)
    return match.group(0)


@cache
def _prepared() -> Path:
    """Return the data folder of a machine that is prepared and where nothing ran yet, to be copied."""
    folder = Path(tempfile.mkdtemp(prefix="wz-"))
    folder.chmod(0o711)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("WEERZIEN_", "TWILIO_"))}
    subprocess.run(
        [sys.executable, "-m", "services.cli", "migrate", "--data", folder / "data"],
        env=clean | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    return folder / "data"


@contextmanager
def whole_system(program: str = "services.cli", **settings: str) -> Iterator[System]:
    """Run a system with the sample directory and a clock inside the window; it is gone afterwards.

    It starts on a machine that `weerzien migrate` prepared.
    """
    with _place() as folder:
        # With owners and rights as they are: the database's files are not ours.
        subprocess.run(["cp", "-a", _prepared(), folder / "data"], check=True)
        with _running(folder, program, settings) as system:
            yield system


@contextmanager
def system_from_nothing() -> Iterator[System]:
    """Run such a system on a machine where nothing was prepared."""
    with _place() as folder, _running(folder, "services.cli", {}) as system:
        yield system


@contextmanager
def _place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="wz-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(folder: Path, program: str, settings: dict[str, str]) -> Iterator[System]:
    with hold(3) as port, TwilioStandIn() as twilio, Mailbox() as mailbox:
        twilio.behave(automatic=["sent", "delivered"])
        clock = {"WEERZIEN_CLOCK": CLOCK}
        system = System(folder / "data", port, twilio, mailbox, program, **(clock | settings))
        try:
            system.up()
            yield system
        finally:
            if system.process and system.process.poll() is None:
                system.down()
