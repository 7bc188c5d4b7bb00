"""(c) Draining queued texts: from the moment they are due until the provider has taken the last."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import text

from benchmarks.provider import provider
from services import system as services
from services.notify.channels.port import ChannelName
from services.notify.messages.commands import Wanted, want
from services.notify.messages.tables import Purpose
from shared.messaging import wake_after_commit
from shared.runtime import Runtime
from tests.faults.disaster import also, note
from tests.kit.system import eventually, whole_system

TEXTS, ROUNDS = 5_000, 3
A_DAY = timedelta(days=1)
CEILING = {"WEERZIEN_SMS_PER_DAY": "1000000"}
SECONDS_TO_BEGIN = 6.0


def measure() -> list[tuple[str, str, str]]:
    return [row for milliseconds in (0, 100) for row in with_provider(milliseconds)]


def with_provider(milliseconds: int) -> Iterator[tuple[str, str, str]]:
    with provider(milliseconds) as url, whole_system(TWILIO_API_BASE_URL=url, **CEILING) as system:
        os.environ.update(note(system))
        runtime = services.make_runtime("notify")
        for workers in (1, 2):
            with ExitStack() as company:
                if workers > 1:
                    company.enter_context(also(system, "worker", "notify"))
                    time.sleep(SECONDS_TO_BEGIN)
                found = [drained(runtime) for _ in range(ROUNDS)]
            yield (
                f"(c) {TEXTS:,} queued texts, a provider of {milliseconds} ms, "
                f"{workers} worker{'s' if workers > 1 else ''} of notify",
                f"{statistics.median(found):.0f}/s",
                "reach 500/s",
            )
        runtime.engine.dispose()


def drained(runtime: Runtime) -> float:
    """Texts a second: queued for tomorrow, then all due at once."""
    cause = uuid4()
    queue(runtime, cause)
    begun = time.perf_counter()
    with runtime.sessions() as session:
        session.execute(
            text("UPDATE messages SET due_at = due_at - interval '1 day' WHERE cause_id = :cause"),
            {"cause": cause},
        )
        wake_after_commit(session)
        session.commit()
    eventually(lambda: left(runtime, cause) == 0, 300, what="an empty queue")
    return TEXTS / (time.perf_counter() - begun)


def queue(runtime: Runtime, cause: UUID) -> None:
    now = runtime.clock.now()
    with runtime.sessions() as session:
        for number in range(TEXTS):
            wanted = Wanted(
                purpose=Purpose.STOP_CONFIRMED,
                cause_id=cause,
                recipient_id=cause,
                channel=ChannelName.SMS,
                language="nl",
                due_at=now + A_DAY,
                windowed=False,
                to=f"+316{cause.int % 8_000 + 1_000:04}{number:04}",
                dedupe_key=f"{cause}:{number}",
            )
            want(session, wanted, at=now)
        session.commit()


def left(runtime: Runtime, cause: UUID) -> int:
    time.sleep(0.1)
    with runtime.sessions() as session:
        asked = text("SELECT count(*) FROM messages WHERE cause_id = :cause AND state <> 'accepted'")
        return int(session.execute(asked, {"cause": cause}).scalar_one())
