"""Connections of one service."""

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
# A server that is cut off ends no connection: by libpq's own settings ours ends after so many seconds.
TCP = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
# One runs at a time (see shared.web.together); the other is for when the first was lost.
LOOP_CONNECTIONS = 2
THREADS_ENGINE = "engine of threads"


def connect_options(service: str) -> dict[str, object]:
    """Every statement, lock and idle transaction has an end, and so has a network that is cut."""
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
        "application_name": f"weerzien-{service}",
        **TCP,
    }


def make_engine(url: str, service: str, *, pool_size: int = 10) -> Engine:
    engine = create_engine(
        url,
        connect_args=connect_options(service),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        # What a statement was given stays out of its error, and so out of logs.
        hide_parameters=True,
        json_serializer=_json,
        json_deserializer=from_json,
    )
    _ask_after_a_rest(engine)
    return engine


def _json(value: Any) -> str:
    """Several times faster than the standard library's, and explanations of a matching are long."""
    return to_json(value).decode()


def _ask_after_a_rest(engine: Engine) -> None:
    """A connection that lay in the pool is asked whether it still stands; where not, all there are replaced.

    What took one away took the others too, also those that were used too lately to be asked. `pool_pre_ping`
    asks each time, which is one in five of all round trips here.
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
    """Sessions for the event loop's own thread, beside `engine`: `await session.run_sync(command, ...)`.

    For the one route that is asked most: a thread beside the loop's wants the interpreter at the same
    moments, and both wait for each other.
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
    """The engine that a thread can use for what this session did."""
    found = session.info.get(THREADS_ENGINE) or session.get_bind().engine
    assert isinstance(found, Engine)
    return found


def make_sessions(engine: Engine) -> sessionmaker[Session]:
    return sessionmaker(engine, class_=Session, expire_on_commit=False)
