"""Two transactions that lock the same rows from opposite ends, made to meet without relying on luck."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from shared.runtime import Runtime
from tests.kit.system import eventually

Work = Callable[[Session], object]
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def crosswise(runtime: Runtime, between: Work, one: Work, other: Work) -> list[str]:
    """Run `one` and `other` until both wait for what `between` locked, then let go; return the errors.

    `between` locks rows in the middle of both, and is rolled back once both wait. If they come from opposite
    ends, each then holds what the other needs next, and PostgreSQL refuses one with `DeadlockDetected`.
    Errors are returned by name, also those that the code catches before it tries again.
    """
    refused: list[str] = []

    def note(context: Any) -> None:
        refused.append(type(context.original_exception).__name__)

    event.listen(runtime.engine, "handle_error", note)
    try:
        with ThreadPoolExecutor(2) as pool, runtime.sessions() as held:
            between(held)
            at_work = [pool.submit(_alone, runtime, work) for work in (one, other)]
            eventually(lambda: waiting(runtime) == 2 or _failed(at_work), what="waiting for the middle")
            held.rollback()
            for running in at_work:
                running.result()
    finally:
        event.remove(runtime.engine, "handle_error", note)
    return refused


def at_this_moment(runtime: Runtime, changed: str, deed: Callable[[], object]) -> None:
    """Let another transaction change rows, and commit once `deed` waits for it; raises what `deed` raises."""
    with runtime.sessions() as held:
        held.connection().execute(text(changed))
        _once_it_waits(runtime, held, deed)


def one_after_the_other(runtime: Runtime, first: Work, then: Work) -> None:
    """Do both, `then` while `first` has not committed; raises AssertionError if it does not wait for that."""
    with runtime.sessions() as held, runtime.sessions() as session:
        first(held)
        _once_it_waits(runtime, held, lambda: then(session))


def _once_it_waits(runtime: Runtime, held: Session, deed: Callable[[], object]) -> None:
    with ThreadPoolExecutor(1) as pool:
        doing = pool.submit(deed)
        try:
            eventually(lambda: waiting(runtime) == 1 or doing.done(), what="waiting for the other")
            assert not doing.done(), "it did not wait"
        finally:
            held.commit()
        doing.result()


def _alone(runtime: Runtime, work: Work) -> None:
    with runtime.sessions() as session:
        try:
            work(session)
            session.commit()
        except DBAPIError:
            session.rollback()


def waiting(runtime: Runtime) -> int:
    """Return how many transactions wait for another one now."""
    with runtime.engine.connect() as connection:
        return int(connection.execute(WAITING).scalar_one())


def _failed(at_work: Sequence[Future[None]]) -> bool:
    return any(running.done() and running.exception() for running in at_work)


def upside_down(runtime: Runtime, table: str, by: str = "id") -> None:
    """Rewrite a table so that its rows are on disk in descending order of their ids, or of another column."""
    with runtime.engine.begin() as connection:
        ids = connection.execute(text(f"SELECT id FROM {table} ORDER BY {by} DESC")).scalars().all()
        for id in ids:
            connection.execute(text(f"UPDATE {table} SET id = id WHERE id = :id"), {"id": id})


def by_index(work: Work) -> Work:
    """Return `work` with PostgreSQL forced to find rows by index, that is in order of their ids."""
    return _planned(work, "enable_seqscan", "enable_bitmapscan")


def by_table(work: Work) -> Work:
    """Return `work` with PostgreSQL forced to find rows in the order in which they are on disk."""
    return _planned(work, "enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan")


def _planned(work: Work, *without: str) -> Work:
    def do(session: Session) -> object:
        for way in without:
            session.execute(text(f"SET LOCAL {way} = off"))
        return work(session)

    return do
