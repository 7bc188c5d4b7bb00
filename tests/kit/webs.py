"""The services' web applications, whose hundreds of routes a process puts together once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from services import system
from shared.runtime import Runtime

_unused: defaultdict[str, list[FastAPI]] = defaultdict(list)


@contextmanager
def web(runtime: Runtime) -> Iterator[FastAPI]:
    """Lend the application of this runtime's service. Two that are lent at once are two applications."""
    service, unused = system.service(runtime.service), _unused[runtime.service]
    if unused:
        app = unused.pop()
        service.attach(app, runtime)
    else:
        app = service.web(runtime)
    yield app
    unused.append(app)
