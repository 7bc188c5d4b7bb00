"""What routes ask for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request
from sqlmodel import Session

from shared.runtime import Runtime


def runtime_of(request: Request) -> Runtime:
    return cast(Runtime, request.app.state.runtime)


def session_of(request: Request) -> Iterator[Session]:
    """A session for one request; commands commit it, and what nobody committed is rolled back."""
    with runtime_of(request).sessions() as session:
        yield session


def now_of(request: Request) -> datetime:
    return runtime_of(request).clock.now()


async def form_of(request: Request) -> dict[str, str]:
    """The text fields of a form; of one that is there twice, the last. Files are left out."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


RuntimeDep = Annotated[Runtime, Depends(runtime_of)]
SessionDep = Annotated[Session, Depends(session_of)]
Now = Annotated[datetime, Depends(now_of)]
FormDep = Annotated[dict[str, str], Depends(form_of)]
