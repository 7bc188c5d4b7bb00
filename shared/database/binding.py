"""From when on values are bound to their rows: once no version that could not read them runs any more.

The version before bound a value to its column alone, and cannot read one that is bound to its row. So that
both can run side by side, this version reads both forms and writes that of before, until somebody says that
the version before runs nowhere any more and the database agrees. Where nothing ever ran before, or `up` has
the database to itself, values are bound from the start.
"""

from __future__ import annotations

import contextlib
from typing import Any

import psycopg
from sqlalchemy import Column, Engine, String, Table, event, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.clock import monotonic
from shared.crypto import Keyring
from shared.database.columns import UtcDateTime
from shared.database.common import COMMON
from shared.database.engine import name_before

milestones = Table(
    "milestones",
    COMMON,
    Column("name", String, primary_key=True),
    Column("since", UtcDateTime, nullable=False),
)

BOUND = "values-bound"
# So soon every process has heard of it.
HEARD_SECONDS = 5.0
IS_THERE = "SELECT to_regclass('milestones') IS NOT NULL"
IS_REACHED = f"SELECT EXISTS (SELECT FROM milestones WHERE name = '{BOUND}')"
OF_BEFORE = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = :name"
)


def heed(engine: Engine, ring: Keyring) -> None:
    """Let a process write values as its database allows: asked before its first statement, then at times.

    Once values are bound they stay so, and nothing is asked any more. What the event loop writes has had its
    key looked up by this engine a moment ago, so the loop's own needs no asking.
    """
    ask_at = 0.0
    ring.binds = False

    def asks(connection: Any, record: object, proxy: object) -> None:
        nonlocal ask_at
        if ring.binds or monotonic() < ask_at:
            return
        # One that does not answer says so again to whoever wanted it, and the next is asked.
        with contextlib.suppress(psycopg.Error):
            ring.binds = _is_reached(connection)
            ask_at = monotonic() + HEARD_SECONDS

    event.listen(engine, "checkout", asks)


def _is_reached(connection: Any) -> bool:
    """Ask on a bare connection, and leave no transaction open there."""
    try:
        return _true(connection, IS_THERE) and _true(connection, IS_REACHED)
    finally:
        connection.rollback()


def _true(connection: Any, question: str) -> bool:
    cursor = connection.cursor()
    cursor.execute(question)
    [answer] = cursor.fetchone()
    cursor.close()
    return bool(answer)


def is_reached(engine: Engine) -> bool:
    """Whether values of this service are bound to their rows from now on."""
    with engine.connect() as connection:
        return bool(connection.execute(text(IS_REACHED)).scalar_one())


def of_before(session: Session, service: str) -> int:
    """Return how many connections a version has that cannot read a value which is bound to its row."""
    return int(session.execute(OF_BEFORE, {"name": name_before(service)}).scalar_one())


def reach(session: Session) -> bool:
    """Let values of this service be bound from now on, for ever. Returns False if they were already.

    Does not commit. Whoever calls it knows that no version from before runs: see `of_before`.
    """
    row = insert(milestones).values(name=BOUND, since=select(func.clock_timestamp()).scalar_subquery())
    added = row.on_conflict_do_nothing().returning(milestones.c.name)
    return session.execute(added).first() is not None
