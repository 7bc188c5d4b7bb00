"""Signs of life that each service's dispatcher and worker leave in the database."""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Engine, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from shared.clock import STALE_SECONDS
from shared.messaging.tables import heartbeats

if TYPE_CHECKING:  # a health check twice a minute should not have to load all that a process works with
    from shared.runtime import Runtime

log = logging.getLogger(__name__)
EVERY_SECONDS = 5.0
DISPATCHER, WORKER = "dispatcher", "worker"


def beat(runtime: Runtime, name: str) -> None:
    row = insert(heartbeats).values(name=name, at=func.clock_timestamp())
    with runtime.sessions() as session:
        session.execute(
            row.on_conflict_do_update(index_elements=["name"], set_={"at": func.clock_timestamp()})
        )
        session.commit()


def is_alive(engine: Engine, name: str) -> bool:
    """True if there was a sign of life within thirty seconds, by the database's clock."""
    age = func.extract("epoch", func.clock_timestamp() - heartbeats.c.at)
    with engine.connect() as connection:
        seconds = connection.execute(select(age).where(heartbeats.c.name == name)).scalar()
    return seconds is not None and float(seconds) < STALE_SECONDS


def dispatcher_check(runtime: Runtime) -> str:
    """Return `ok` for `/readyz`, or a sentence that no dispatcher is at work for this service."""
    seen = is_alive(runtime.engine, DISPATCHER)
    return "ok" if seen else f"no dispatcher has been seen for {STALE_SECONDS:.0f} seconds"


def last_sign(engine: Engine, name: str) -> datetime | None:
    with engine.connect() as connection:
        return connection.execute(select(heartbeats.c.at).where(heartbeats.c.name == name)).scalar()


def keep_beating(runtime: Runtime, name: str, stop: threading.Event) -> None:
    """Beat every five seconds until `stop`; if the database is away, the next beat tries again."""
    while not stop.is_set():
        try:
            beat(runtime, name)
        except SQLAlchemyError as problem:
            log.warning("no sign of life could be left: %s", type(problem).__name__)
        stop.wait(EVERY_SECONDS)
