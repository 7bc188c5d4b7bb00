"""Connections of one service."""

from __future__ import annotations

from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import sessionmaker
from sqlmodel import Session

from shared.clock import monotonic

STATEMENT_TIMEOUT_MS = 30_000
LOCK_TIMEOUT_MS = 10_000
IDLE_TIMEOUT_MS = 60_000
FRESH_SECONDS = 1.0


def connect_options(service: str) -> dict[str, object]:
    """Every statement, lock and idle transaction has an end, so that no worker hangs for ever."""
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
    )
    _ask_after_a_rest(engine)
    return engine


def _ask_after_a_rest(engine: Engine) -> None:
    """A connection that lay in the pool is asked whether it still stands, and replaced where it does not.

    `pool_pre_ping` asks each time, which is one in five of all round trips here.
    """

    def rests(connection: Any, record: Any) -> None:
        record.info["rests since"] = monotonic()

    def wakes(connection: Any, record: Any, proxy: Any) -> None:
        if monotonic() - record.info["rests since"] < FRESH_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as problem:
            raise DisconnectionError from problem

    event.listen(engine, "connect", rests)
    event.listen(engine, "checkin", rests)
    event.listen(engine, "checkout", wakes)


def make_sessions(engine: Engine) -> sessionmaker[Session]:
    return sessionmaker(engine, class_=Session, expire_on_commit=False)
