"""The services' connections to a test's database, which a process makes once and every test uses again."""

from __future__ import annotations

import os
from functools import cache
from itertools import count
from typing import Any

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

from shared.database.engine import make_engine
from shared.messaging import waker

_turn = count(1)
_now = 0


def lend(url: str, service: str) -> Engine:
    """Return an engine of this test's own, by which nobody listens, on the connections of those before it."""
    global _now
    _now = next(_turn)
    engine = _kept(url, service).execution_options()
    waker._wakers[engine] = (os.getpid(), _waker(url, service))
    return engine


def take_back(engine: Engine) -> None:
    """Keep its connections for the next test, unless one is still in somebody's hands."""
    if engine.pool.checkedout():  # type: ignore[attr-defined]
        engine.dispose()


@cache
def _kept(url: str, service: str) -> Engine:
    engine = make_engine(url, service, pool_size=5)
    event.listen(engine, "checkout", _ask_what_another_test_used)
    return engine


@cache
def _waker(url: str, service: str) -> waker.Waker:
    """Return the one that wakes dispatchers after every test's commits, on a connection of its own."""
    return waker.Waker(make_engine(url, service, pool_size=1))


def _ask_what_another_test_used(connection: Any, record: Any, proxy: Any) -> None:
    """A test may have had its connections cut off; the next one gets new ones."""
    if record.info.get("last lent") == _now:
        return
    record.info["last lent"] = _now
    try:
        connection.execute("")
        connection.rollback()
    except psycopg.Error as problem:
        raise InvalidatePoolError from problem
