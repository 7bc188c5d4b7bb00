"""Run the program so that one of its processes stops or dies at an exact moment.

`python -m tests.kit.moments up ...` is `weerzien up ...`, except that it looks at a file before and after
each commit and each publication. A test writes the moment into that file. The first process to reach the
moment removes the file, so that its successor lives, leaves its process id, and sends itself the signal.
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

# A connection of psycopg, for threads or for an event loop.
Driven = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]
_said: WeakKeyDictionary[Driven, str] = WeakKeyDictionary()


@dataclass(frozen=True)
class Moment:
    """When to send the signal.

    `when` is `before` or `after` the commit of a transaction with `what` in its SQL, or the publication of a
    task with `what` in its name; or it is `saying`, before a statement with `what` goes to the database.
    """

    when: str
    what: str
    signal: int = signal.SIGKILL

    def arm(self, folder: Path) -> None:
        fresh = folder / "fresh"
        fresh.write_text(json.dumps(asdict(self)))
        fresh.rename(folder / ARMED)


def reached(folder: Path) -> int | None:
    """Return the id of the process that reached the moment, or None if none has yet."""
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
    """Watch every commit and publication of this process and of those that it forks."""
    import shared.messaging.work
    from shared.messaging import broker, deliveries

    if seconds := os.environ.get(LEASE):
        # Before any service is imported: each copies the value when it is.
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
