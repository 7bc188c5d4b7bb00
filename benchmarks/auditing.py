"""How long it takes to go through an audit of a million rows."""

from __future__ import annotations

import time

from sqlalchemy import text

from benchmarks.machine import database
from services import system
from shared.audit.chain import verify
from shared.database.engine import make_engine, make_sessions

ROWS = 1_000_000
AT_ONCE = 50_000
FILL = """
INSERT INTO audit_entries (id, at, who, deed, about, why)
SELECT gen_random_uuid(), clock_timestamp(), 'staff:' || gen_random_uuid(), 'reveal.phone',
       'advice-request:' || gen_random_uuid(), 'to-call'
FROM generate_series(1, :rows)
"""


def measure() -> list[tuple[str, str, str]]:
    with database() as url:
        system.service("intake").upgrade(url)
        engine = make_engine(url, "intake", pool_size=1)
        with make_sessions(engine)() as session:
            began = time.perf_counter()
            for _ in range(ROWS // AT_ONCE):
                session.execute(text("SET LOCAL statement_timeout = 0"))
                session.execute(text(FILL), {"rows": AT_ONCE})
                session.commit()
            written, began = time.perf_counter() - began, time.perf_counter()
            found = verify(session)
            took = time.perf_counter() - began
        engine.dispose()
    assert (found.entries, found.flaws) == (ROWS, ()), found
    return [
        (f"an audit of {ROWS:,} rows verified", f"{took:.0f} s", "reach 60 s"),
        ("entries linked, in transactions of many", f"{ROWS / written:,.0f}/s", ""),
    ]
