"""Connections of one service."""

from __future__ import annotations

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import sessionmaker
from sqlmodel import Session

STATEMENT_TIMEOUT_MS = 30_000
LOCK_TIMEOUT_MS = 10_000
IDLE_TIMEOUT_MS = 60_000


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
    return create_engine(
        url,
        connect_args=connect_options(service),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        pool_pre_ping=True,
        # What a statement was given stays out of its error, and so out of logs.
        hide_parameters=True,
    )


def make_sessions(engine: Engine) -> sessionmaker[Session]:
    return sessionmaker(engine, class_=Session, expire_on_commit=False)
