"""Runs a program of the product so that a process stops or dies at one exact moment.

`python -m tests.kit.moments up ...` is `weerzien up ...` that looks at a file before and after each commit
and each publication. A test writes the moment into that file. The first process that comes there takes the
file away, so that whoever is started in its place lives, leaves its process id, and sends itself the signal.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from weakref import WeakKeyDictionary

import psycopg
from sqlalchemy import Connection, Engine, event

FOLDER, LEASE = "WEERZIEN_TEST_MOMENTS", "WEERZIEN_TEST_LEASE"
ARMED, REACHED = "armed", "reached"

# Whether a thread waits for it or the event loop.
Driven = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]
_said: WeakKeyDictionary[Driven, str] = WeakKeyDictionary()


@dataclass(frozen=True)
class Moment:
    """`before` or `after` a commit of a transaction with this in its SQL, or the publication of this task.

    Or `saying` it: before the statement goes to the database.
    """

    when: str
    what: str
    signal: int = signal.SIGKILL

    def arm(self, folder: Path) -> None:
        fresh = folder / "fresh"
        fresh.write_text(json.dumps(asdict(self)))
        fresh.rename(folder / ARMED)


def reached(folder: Path) -> int | None:
    """The process that came to the armed moment."""
    with suppress(FileNotFoundError):
        return int((folder / REACHED).read_text())
    return None


def _pass(when: str, what: str) -> None:
    folder = Path(os.environ[FOLDER])
    with suppress(FileNotFoundError):
        moment = Moment(**json.loads((folder / ARMED).read_text()))
        if moment.when == when and moment.what in what:
            (folder / ARMED).rename(folder / f"taken-{os.getpid()}")
            (folder / "mine").write_text(str(os.getpid()))
            (folder / "mine").rename(folder / REACHED)
            os.kill(os.getpid(), moment.signal)


def _watched(function: Callable[..., None], what: Callable[..., str]) -> Callable[..., None]:
    def watched(*given: Any, **named: Any) -> None:
        about = what(*given)
        _pass("before", about)
        function(*given, **named)
        _pass("after", about)

    return watched


def _watched_by_the_loop(commit: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
    async def watched(connection: Any) -> None:
        about = _forget(connection)
        _pass("before", about)
        await commit(connection)
        _pass("after", about)

    return watched


def _hear(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    _pass("saying", statement)
    driven = _driven(connection)
    _said[driven] = _said.get(driven, "") + statement


def install() -> None:
    """Look at every commit and every publication of this process and of those that it forks."""
    import shared.messaging.work
    from shared.messaging import broker, deliveries

    if seconds := os.environ.get(LEASE):
        # Before any service is imported: they take this very value over.
        shared.messaging.work.LEASE = deliveries.LEASE = timedelta(seconds=float(seconds))
    event.listen(Engine, "before_cursor_execute", _hear)
    event.listen(Engine, "rollback", lambda connection: _forget(_driven(connection)))
    psycopg.Connection.commit = _watched(psycopg.Connection.commit, _forget)  # type: ignore[method-assign]
    psycopg.AsyncConnection.commit = _watched_by_the_loop(psycopg.AsyncConnection.commit)  # type: ignore
    broker.Publisher.send = _watched(  # type: ignore[method-assign]
        broker.Publisher.send, lambda _self, task, *_: str(task)
    )


def _driven(connection: Connection) -> Driven:
    return cast(Driven, connection.connection.driver_connection)


def _forget(connection: Driven) -> str:
    return _said.pop(connection, "")


if __name__ == "__main__":
    from tests.kit import moments

    moments.install()
    from services.cli import app

    app(prog_name="weerzien")
