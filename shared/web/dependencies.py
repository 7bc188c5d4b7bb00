"""The dependencies of routes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query, Request
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from shared.database.paging import AT_MOST, UNLESS_SAID, Slice
from shared.runtime import Runtime


def runtime_of(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


async def runtime_dependency(request: Request) -> Runtime:
    return runtime_of(request)


async def session_of(request: Request) -> AsyncIterator[Session]:
    """Yield a session for one request; commands commit it, and what is not committed is rolled back.

    Opening one costs no I/O, and neither does closing one that was committed: only a transaction left open
    needs a thread. Each hop to a thread would cost every request a good part of a millisecond.
    """
    session = runtime_of(request).sessions()
    try:
        yield session
    finally:
        # The response is complete by now: a connection that was lost meanwhile must not spoil it.
        with suppress(DBAPIError):
            if session.in_transaction():
                await run_in_threadpool(session.close)
            else:
                session.close()


async def now_of(request: Request) -> datetime:
    return runtime_of(request).clock.now()


async def form_of(request: Request) -> dict[str, str]:
    """Return the text fields of a form; the last one of a repeated field. Files are left out."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


async def slice_of(
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
    limit: Annotated[int, Query(ge=1, le=AT_MOST)] = UNLESS_SAID,
) -> Slice:
    """Which page of a list: after the `next` of the one before, and how many items at most."""
    return Slice(cursor, limit)


RuntimeDep = Annotated[Runtime, Depends(runtime_dependency)]
SessionDep = Annotated[Session, Depends(session_of)]
Now = Annotated[datetime, Depends(now_of)]
SliceDep = Annotated[Slice, Depends(slice_of)]
FormDep = Annotated[dict[str, str], Depends(form_of)]
