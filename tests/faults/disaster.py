"""What goes wrong, done to real processes, and how the ledger and the database are read afterwards."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import redis

from local.environment import noted_environment
from shared.events.services import SERVICES
from tests.intake.requests.questions import question
from tests.kit.moments import FOLDER, Moment, reached
from tests.kit.system import System, eventually

# Running again within two minutes, and a little for a busy machine.
TWO_MINUTES = 130
SETTLED = ("accepted", "delivered")
AN_HOUR_LATER = "2026-12-01T12:00:00+01:00"


def processes(system: System, name: str) -> list[int]:
    """The processes whose output goes to this log of the installation, such as `worker-notify`."""
    log = str(system.data / "logs" / f"{name}.log")
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and str((entry / "fd" / "2").readlink()) == log:
                found.append(int(entry.name))
    return found


def signal_all(system: System, number: signal.Signals, *names: str) -> None:
    for name in names:
        found = processes(system, name)
        assert found, f"no process of {name}"
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def kill_all(system: System, *names: str) -> None:
    """SIGKILL: no time to tidy up, no time to say anything."""
    signal_all(system, signal.SIGKILL, *names)


@contextmanager
def stopped(system: System, *names: str) -> Iterator[None]:
    """Frozen in the middle of whatever they did, and going on afterwards as if nothing had been."""
    signal_all(system, signal.SIGSTOP, *names)
    try:
        yield
    finally:
        signal_all(system, signal.SIGCONT, *names)


def arm(system: System, when: str, what: str, number: signal.Signals = signal.SIGKILL) -> None:
    """The first process that comes to this moment gets the signal there (see tests/kit/moments.py)."""
    Moment(when, what, number).arm(Path(system.settings[FOLDER]))


def reached_by(system: System) -> int:
    """The process that came to the moment; waits for it."""
    return eventually(lambda: reached(Path(system.settings[FOLDER])) or 0, what="the moment")


def note(system: System) -> dict[str, str]:
    return noted_environment(system.data)


def broker(system: System) -> redis.Redis:
    return redis.Redis.from_url(note(system)["WEERZIEN_BROKER_URL"])


def rows(system: System, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What the database says, asked behind everybody's back."""
    url = note(system)["WEERZIEN_DATABASE_URL"].replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url, connect_timeout=5) as connection:
        return connection.execute(query.encode(), values).fetchall()


def answers(system: System) -> bool:
    """Whether the database does."""
    with contextlib.suppress(psycopg.OperationalError):
        return rows(system, "SELECT 1") == [(1,)]
    return False


@contextmanager
def also(system: System, *arguments: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """One more process of the installation, such as `worker notify`, with settings of its own."""
    environment = system.environment | note(system) | settings
    command = [sys.executable, "-m", "services.cli", *arguments, "--data", str(system.data / "nowhere")]
    with (system.data / "logs" / "also.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def ask_all(system: System, numbers: list[str]) -> dict[str, str]:
    """A question from each number, several at once, each tried until it is accepted; references by number."""
    with ThreadPoolExecutor(8) as pool:
        return dict(pool.map(lambda number: (number, ask(system, number)), numbers))


def ask(system: System, number: str) -> str:
    """As a client would that hears nothing: again, under the same key; the reference."""
    body = question(contact={"phone": number})
    for _ in range(300):
        with contextlib.suppress(httpx.HTTPError):
            headers = {"Idempotency-Key": number}
            answer = system.call("POST", "intake", "/v1/advice-requests", json=body, headers=headers)
            if answer.status_code == 202:
                return str(answer.json()["reference"])
        threading.Event().wait(0.1)
    raise AssertionError(f"{number} could not ask")


def request_id(system: System, reference: str) -> str:
    return str(system.get("intake", f"/v1/advice-requests/{reference}")["id"])


def states(system: System, cause: str) -> list[str]:
    """Where the receipt of this question stands."""
    return [one["state"] for one in system.messages(cause) if one["purpose"] == "request-received"]


def receipts(system: System) -> Counter[str]:
    """How many receipts each number was sent, by the provider's ledger."""
    return Counter(entry.to for entry in system.twilio.sent if "goed ontvangen" in entry.body)


def shift(system: System) -> timedelta:
    """How far the clock of the business is ahead of the machine's."""
    known = note(system)
    start, anchor = known["WEERZIEN_CLOCK"], known["WEERZIEN_CLOCK_ANCHOR"]
    return datetime.fromisoformat(start) - datetime.fromisoformat(anchor)


def at_rest(system: System) -> bool:
    """Every event is acknowledged, and no text is under way or due: nothing more will come by now."""
    events = sum(
        rows(system, f"SELECT count(*) FROM {service}.deliveries WHERE state = 'due'")[0][0]
        for service in SERVICES
    )
    texts = (
        "SELECT count(*) FROM notify.messages WHERE state = 'in-flight' OR state = 'planned' AND due_at <= %s"
    )
    return not events and rows(system, texts, datetime.now(UTC) + shift(system)) == [(0,)]


def each_heard_once(system: System, references: dict[str, str], within: float = TWO_MINUTES) -> None:
    """Nobody is forgotten and nobody hears twice, every question is there once and has been offered."""
    _each_is_settled(system, references, within, lambda: set(receipts(system)))


def each_heard_once_or_is_on_the_list(system: System, references: dict[str, str]) -> None:
    """As `each_heard_once`, after senders died at random: one may have been about to call.

    Nobody can know whether that text went, so it is not sent again: within the hour it is a person's.
    """
    _each_is_settled(
        system, references, TWO_MINUTES, lambda: {*receipts(system), *unsure(system, references)}
    )
    silent = set(unsure(system, references)) - set(receipts(system))
    if silent:
        system.wakes_at(AN_HOUR_LATER)
        for number in silent:
            cause = request_id(system, references[number])
            [item] = eventually(lambda cause=cause: system.work_items("notify", cause), 60, what="an item")  # type: ignore[misc]
            assert (item["kind"], item["reason"]) == ("message-failed", "interrupted")
        assert not silent & set(receipts(system))


def _each_is_settled(
    system: System, references: dict[str, str], within: float, settled: Callable[[], set[str]]
) -> None:
    with how_it_stood(system):
        eventually(lambda: settled() >= set(references), within, what="a receipt for everybody")
        eventually(lambda: offered(system) >= set(references.values()), within, what="an offer for everybody")
        eventually(lambda: at_rest(system), TWO_MINUTES, what="rest")
    assert set(receipts(system).values()) <= {1}
    assert rows(system, "SELECT count(*) FROM intake.advice_requests") == [(len(references),)]
    assert rows(system, "SELECT count(*) FROM referral.offers") == [(len(references),)]


def unsure(system: System, references: dict[str, str]) -> list[str]:
    """The numbers whose receipt was begun by somebody who died before they wrote down how it ended."""
    begun = rows(
        system,
        "SELECT reference FROM notify.messages JOIN intake.advice_requests r ON r.id = request_id"
        " WHERE purpose = 'request-received' AND messages.state = 'unknown' AND reason = 'interrupted'",
    )
    return [number for number, reference in references.items() if (reference,) in begun]


@contextmanager
def how_it_stood(system: System) -> Iterator[None]:
    """Where this fails, the failure says what was still under way."""
    try:
        yield
    except AssertionError as problem:
        texts = rows(system, "SELECT purpose, state, reason, due_at, leased_until FROM notify.messages")
        problem.add_note(f"clock: {datetime.now(UTC) + shift(system)}")
        problem.add_note(f"texts: {[one for one in texts if one[1] not in SETTLED]}")
        for service in SERVICES:
            due = f"SELECT * FROM {service}.deliveries WHERE state <> 'done'"
            problem.add_note(f"{service}: {rows(system, due)}")
        raise


def offered(system: System) -> set[str]:
    return {
        one for (one,) in rows(system, "SELECT reference FROM intake.advice_requests WHERE state = 'offered'")
    }
