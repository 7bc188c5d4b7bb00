"""The database connections of one service."""

from __future__ import annotations

from typing import Any

import psycopg
from pydantic_core import from_json, to_json
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import sessionmaker
from sqlmodel import Session

from shared.clock import monotonic

STATEMENT_TIMEOUT_MS = 30_000
LOCK_TIMEOUT_MS = 10_000
IDLE_TIMEOUT_MS = 60_000
FRESH_SECONDS = 1.0
# A server that is cut off closes no connection. These libpq settings (seconds; milliseconds for the last one)
# close ours.
TCP = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
# One is in use at a time (see shared.web.together); the second takes over if the first is lost.
LOOP_CONNECTIONS = 2
THREADS_ENGINE = "engine of threads"


def name_before(service: str) -> str:
    """Return how the version before named its connections, which cannot read what is bound to its row."""
    return f"weerzien-{service}"


def name_of(service: str) -> str:
    """Return how this version names its connections, by which the database tells it from the one before."""
    return f"{name_before(service)}/2"


def connect_options(service: str) -> dict[str, object]:
    """Return connection options that limit statements, locks, idle transactions and a dead network."""
    options = {
        "search_path": service,
        "timezone": "UTC",
        "statement_timeout": STATEMENT_TIMEOUT_MS,
        "lock_timeout": LOCK_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": IDLE_TIMEOUT_MS,
    }
    return {
        "options": " ".join(f"-c{name}={value}" for name, value in options.items()),
        "connect_timeout": 5,
        "application_name": name_of(service),
        **TCP,
    }


def make_engine(url: str, service: str, *, pool_size: int = 10) -> Engine:
    engine = create_engine(
        url,
        connect_args=connect_options(service),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        # The parameters of a statement stay out of its error, and so out of logs.
        hide_parameters=True,
        json_serializer=_json,
        json_deserializer=from_json,
    )
    _ask_after_a_rest(engine)
    return engine


def _json(value: Any) -> str:
    """Return JSON, several times faster than the standard library: explanations of a matching are long."""
    return to_json(value).decode()


def _ask_after_a_rest(engine: Engine) -> None:
    """Ping a connection that rested in the pool before it is used; if it is dead, replace the whole pool.

    What broke one connection broke the others too, also those used too recently to be pinged. `pool_pre_ping`
    would ping each time, which is one in five of all round trips here.
    """

    def rests(connection: Any, record: Any) -> None:
        record.info["rests since"] = monotonic()

    def wakes(connection: Any, record: Any, proxy: Any) -> None:
        if monotonic() - record.info["rests since"] < FRESH_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as problem:
            raise InvalidatePoolError from problem

    event.listen(engine, "connect", rests)
    event.listen(engine, "checkin", rests)
    event.listen(engine, "checkout", wakes)


def make_loop_sessions(engine: Engine, service: str) -> async_sessionmaker[AsyncSession]:
    """Return sessions for the event loop's thread, beside `engine`: `await session.run_sync(command, ...)`.

    For the busiest route alone: a second thread would want the interpreter at the same moments as the
    loop's, and each would wait for the other.
    """
    of_loop = create_async_engine(
        engine.url,
        connect_args=connect_options(service),
        pool_size=LOOP_CONNECTIONS,
        pool_timeout=10,
        hide_parameters=True,
        json_serializer=_json,
        json_deserializer=from_json,
    )
    _ask_after_a_rest(of_loop.sync_engine)
    return async_sessionmaker(
        of_loop, sync_session_class=Session, expire_on_commit=False, info={THREADS_ENGINE: engine}
    )


def engine_for_threads(session: OrmSession) -> Engine:
    """Return the engine with which a thread reaches this session's database."""
    engine = session.info.get(THREADS_ENGINE) or session.get_bind().engine
    assert isinstance(engine, Engine)
    return engine


def make_sessions(engine: Engine) -> sessionmaker[Session]:
    return sessionmaker(engine, class_=Session, expire_on_commit=False)
