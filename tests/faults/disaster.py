"""What goes wrong, done to real processes, and how the ledger is read afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import redis

from tests.intake.requests.questions import question
from tests.kit.system import System, eventually

# Running again within two minutes, and a little for a busy machine.
TWO_MINUTES = 130


def processes(system: System, name: str) -> list[int]:
    """The processes whose output goes to this log of the installation, such as `worker-notify`."""
    log = str(system.data / "logs" / f"{name}.log")
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and str((entry / "fd" / "2").readlink()) == log:
                found.append(int(entry.name))
    return found


def kill_all(system: System, *names: str) -> None:
    """SIGKILL: no time to tidy up, no time to say anything."""
    for name in names:
        found = processes(system, name)
        assert found, f"no process of {name}"
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def broker(system: System) -> redis.Redis:
    note = json.loads((system.data / "runtime.json").read_text())
    return redis.Redis.from_url(note["environment"]["WEERZIEN_BROKER_URL"])


def ask_all(system: System, numbers: list[str]) -> dict[str, str]:
    """A question from each number, several at once, each tried until it is accepted; references by number."""

    def ask(number: str) -> tuple[str, str]:
        body = question(contact={"phone": number})
        for _ in range(200):
            with contextlib.suppress(httpx.HTTPError):
                answer = system.call(
                    "POST", "intake", "/v1/advice-requests", json=body, headers={"Idempotency-Key": number}
                )
                if answer.status_code == 202:
                    return number, answer.json()["reference"]
            threading.Event().wait(0.1)
        raise AssertionError(f"{number} could not ask")

    with ThreadPoolExecutor(8) as pool:
        return dict(pool.map(ask, numbers))


def receipts(system: System) -> Counter[str]:
    """How many receipts each number was sent, by the provider's ledger."""
    return Counter(entry.to for entry in system.twilio.sent if "goed ontvangen" in entry.body)


def each_heard_once(system: System, references: dict[str, str]) -> None:
    """Nobody is forgotten and nobody hears twice, and every question has been offered."""
    eventually(lambda: set(receipts(system)) >= set(references), TWO_MINUTES, what="a receipt for everybody")
    eventually(
        lambda: {system.state(reference) for reference in references.values()} == {"offered"},
        TWO_MINUTES,
        what="an offer for everybody",
    )
    assert set(receipts(system).values()) == {1}
