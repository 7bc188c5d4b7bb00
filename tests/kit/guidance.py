"""The search of guidance as a worker tells it of the pages, and as a web process remembers it."""

from __future__ import annotations

import threading
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from services.intake.guidance import commands, fitting, library, remembering
from shared.runtime import Runtime


def tell(runtime: Runtime[Any]) -> None:
    """Tell the search of the pages as they are now, as the worker does."""
    with runtime.sessions() as session:
        shelf = library.of(runtime.settings.content_dir).look()
        commands.tell(session, shelf, at=runtime.clock.now())


def told(client: TestClient) -> None:
    """Tell the search of the pages as they are now, and have this web process read it."""
    assert isinstance(client.app, FastAPI)
    state = client.app.state
    tell(state.runtime)
    with state.runtime.sessions() as session:
        state.words_of_pages.read(session, library.of(state.runtime.settings.content_dir).now())


def until_nothing_is_read_aside() -> None:
    """Wait for what is read beside the requests."""
    for one in threading.enumerate():
        if one.name in (fitting.THREAD, remembering.THREAD):
            one.join()
