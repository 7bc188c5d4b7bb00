"""(e) Finding what is due among a million reminders of the future, and a sweep that finds nothing."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from benchmarks.machine import database
from services import system
from services.notify.visits.tasks import DUE
from shared.database.engine import make_engine, make_sessions

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
ROUNDS = 5
# The rows alone, without families and visits: a claim reads nothing else.
FREE = "ALTER TABLE reminder_steps DROP CONSTRAINT fk_reminder_steps_registration_id"
FILL = """
INSERT INTO reminder_steps (id, registration_id, visit_version, step, due_at, channel, state, carries)
SELECT gen_random_uuid(), gen_random_uuid(), 1, 'D-7',
  timestamptz '2026-12-02 09:00+00' + (n * interval '10 seconds'), 'sms', 'planned', '[]'
FROM generate_series(0, 999999) AS n
"""


def measure() -> list[tuple[str, str, str]]:
    with database() as url:
        system.service("notify").upgrade(url)
        engine = make_engine(url, "notify", pool_size=2)
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text(FREE))
            connection.execute(text(FILL))
            connection.execute(text("ANALYZE reminder_steps"))
        claim = DUE[0].claim
        sessions = make_sessions(engine)

        def timed(now: datetime, wanted: int) -> float:
            times = []
            for _ in range(ROUNDS):
                with sessions() as session:
                    begun = time.perf_counter()
                    found = claim(session, now, 1000)
                    session.commit()
                    times.append((time.perf_counter() - begun) * 1000)
                    assert len(found) == wanted, len(found)
            return statistics.median(times)

        nothing = timed(NOW, 0)
        due = timed(NOW + timedelta(days=100), 1000)
        engine.dispose()
    return [
        ("(e) claiming the next 1,000 due among 1,000,000 reminders", f"{due:.1f} ms", "reach 20 ms"),
        ("(e) a sweep with nothing due", f"{nothing:.2f} ms", "reach 2 ms"),
    ]
