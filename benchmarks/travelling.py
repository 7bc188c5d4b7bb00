"""(b) From POST to the hand-over of text and mail, idle and under load; (d) memory; (f) starting."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

from benchmarks.load import per_second, request_bytes
from tests.intake.requests.questions import question
from tests.kit.system import System, eventually, whole_system

CROWD, IDLE = 300, 60


def measure() -> list[tuple[str, str, str]]:
    begun = time.perf_counter()
    with whole_system() as system:
        first = time.perf_counter() - begun
        system.twilio.behave("ok")
        rows = [idle(system)]
        before = memory(system)
        rows += [crowd(system) for _ in range(1)]
        rows.append(
            (
                "(d) memory of everything but PostgreSQL (PSS)",
                f"{before:.0f} MiB, then {memory(system):.0f} MiB after {len(system.twilio.sent)} journeys",
                "reach 700 MiB and not growing",
            )
        )
        system.down()
        begun = time.perf_counter()
        system.up()
        later = time.perf_counter() - begun
    rows.append(("(f) start to `ready`", f"{first:.1f} s first, {later:.1f} s later", "reach 10 s and 5 s"))
    return rows


def ask(system: System, number: int) -> float:
    begun = time.perf_counter()
    phone = f"+316{30_000_000 + number}"
    system.post("intake", "/v1/advice-requests", question(contact={"phone": phone}))
    return begun


def idle(system: System) -> tuple[str, str, str]:
    """One at a time, each waited for: until the text is with the provider and the mail with the server."""
    times = []
    for number in range(IDLE):
        mails = len(system.mailbox.mails)
        begun = ask(system, number)
        eventually(lambda mails=mails: len(system.mailbox.mails) > mails, 20)  # type: ignore[misc]
        eventually(lambda number=number: system.twilio.to(f"+316{30_000_000 + number}"), 20)  # type: ignore[misc]
        times.append((time.perf_counter() - begun) * 1000)
    times.sort()
    p50, p99 = statistics.median(times), times[int(len(times) * 0.99) - 1]
    return (
        f"(b) one journey on an idle system, {IDLE} of them",
        f"p50 {p50:.0f} ms, p99 {p99:.0f} ms (looked at every 50 ms)",
        "reach p50 150 ms, p99 500 ms",
    )


def crowd(system: System) -> tuple[str, str, str]:
    texts, mails = len(system.twilio.sent), len(system.mailbox.mails)
    url = f"{system.url('intake')}/v1/advice-requests"
    sent = [
        request_bytes(url, question(contact={"phone": f"+316{31_000_000 + number}"}), system.key)
        for number in range(CROWD)
    ]
    begun = time.perf_counter()
    per_second(url, sent, wanted=202, clients=8, seconds=120)
    eventually(
        lambda: len(system.twilio.sent) - texts >= CROWD and len(system.mailbox.mails) - mails >= CROWD, 300
    )
    seconds = time.perf_counter() - begun
    return (
        f"(b) journeys a second, {CROWD} at once, web, worker and dispatcher of all three services",
        f"{CROWD / seconds:.0f}",
        "reach 120",
    )


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
