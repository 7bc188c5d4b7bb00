"""(b) From POST to the hand-over of text and mail, idle and under load; (d) memory; (f) starting."""

from __future__ import annotations

import itertools
import os
import statistics
import time
from pathlib import Path

import httpx

from benchmarks.load import per_second, request_bytes
from tests.intake.requests.questions import question
from tests.kit.system import System, eventually, system_from_nothing, whole_system

NUMBERS = itertools.count()
IDLE, CROWD, ROUNDS, ALTOGETHER = 60, 2_000, 3, (10_000, 20_000)


def measure() -> list[tuple[str, str, str]]:
    begun = time.perf_counter()
    with system_from_nothing():
        first = time.perf_counter() - begun
    with whole_system(WEERZIEN_SMS_PER_DAY="1000000") as system:
        system.twilio.behave("ok")
        rows = [idle(system)]
        found = [crowd(system, CROWD) for _ in range(ROUNDS)]
        rows.append(
            (
                f"(b) journeys a second, {CROWD:,} by 32 clients,"
                " one web process and one worker with its dispatcher per service",
                f"{statistics.median(found):.0f}",
                "reach 120",
            )
        )
        rows.append(remembered(system))
        system.down()
        begun = time.perf_counter()
        system.up()
        later = time.perf_counter() - begun
    rows.append(("(f) start to `ready`", f"{first:.1f} s first, {later:.1f} s later", "reach 10 s and 5 s"))
    return rows


def remembered(system: System) -> tuple[str, str, str]:
    """Memory now, and as journeys go on."""
    found = [(len(system.twilio.sent), memory(system))]
    for goal in ALTOGETHER:
        crowd(system, goal - len(system.twilio.sent))
        found.append((len(system.twilio.sent), memory(system)))
    return (
        "(d) memory of everything but PostgreSQL (PSS)",
        ", ".join(f"{mebibytes:.0f} MiB after {journeys:,} journeys" for journeys, mebibytes in found),
        "reach 700 MiB and not growing",
    )


def new_number() -> str:
    return f"+316{30_000_000 + next(NUMBERS)}"


def idle(system: System) -> tuple[str, str, str]:
    """One at a time, each waited for: until the text is with the provider and the mail with the server."""
    # One client for all: making one takes longer than what it asks.
    with httpx.Client(trust_env=False, headers=system.key) as client:
        times = sorted(_journey(system, client) for _ in range(IDLE))
    p50, p99 = statistics.median(times), times[int(len(times) * 0.99) - 1]
    return (
        f"(b) one journey on an idle system, {IDLE} of them",
        f"p50 {p50:.0f} ms, p99 {p99:.0f} ms",
        "reach p50 150 ms, p99 500 ms",
    )


def _journey(system: System, client: httpx.Client) -> float:
    time.sleep(0.3)
    url, phone = f"{system.url('intake')}/v1/advice-requests", new_number()
    asked, mails = question(contact={"phone": phone}), system.mailbox.how_many
    texts = len(system.twilio.sent)
    begun = time.perf_counter()
    client.post(url, json=asked).raise_for_status()
    while system.mailbox.how_many == mails or phone not in {one.to for one in system.twilio.sent[texts:]}:
        time.sleep(0.002)
    return (time.perf_counter() - begun) * 1000


def crowd(system: System, people: int) -> float:
    """Journeys a second, from the first question to the last text and the last mail."""
    texts, mails = len(system.twilio.sent), system.mailbox.how_many
    url = f"{system.url('intake')}/v1/advice-requests"
    sent = [request_bytes(url, question(contact={"phone": new_number()}), system.key) for _ in range(people)]
    begun = time.perf_counter()
    per_second(url, sent, wanted=202, seconds=600)
    eventually(
        lambda: len(system.twilio.sent) - texts >= people and system.mailbox.how_many - mails >= people, 600
    )
    return people / (time.perf_counter() - begun)


def memory(system: System) -> float:
    """Proportional set size of our own processes and the broker, in MiB."""
    total = 0
    logs = str(system.data / "logs")
    for entry in Path("/proc").iterdir():
        try:
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            log = str((entry / "fd" / "2").readlink())
            ours = log.startswith(logs) and "postgres" not in log
            if ours or (system.process and int(entry.name) == system.process.pid):
                rollup = (entry / "smaps_rollup").read_text()
                total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        except OSError:
            continue
    return total / 1024
