"""Every route of a service, with who may use it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

from shared.runtime import Runtime
from shared.security.access import Access
from shared.service import Service
from tests.kit.webs import web

Way = tuple[str, str]


def service_named(name: str) -> Service[Any]:
    found: Service[Any] = importlib.import_module(f"services.{name}.service").SERVICE
    return found


def routes(runtime_for: Callable[[str], Runtime], service: str) -> Iterator[Any]:
    """Every route with what its router adds to it."""
    with web(runtime_for(service)) as app:
        for route in app.routes:
            if hasattr(route, "effective_route_contexts"):
                yield from route.effective_route_contexts()


def accesses(dependant: Any) -> list[Access]:
    own = [dependant.call] if isinstance(dependant.call, Access) else []
    return own + [one for part in dependant.dependencies for one in accesses(part)]


def ways(found: Iterator[Any]) -> dict[Way, Any]:
    """Return the pages of the desk by path and method."""
    pages: dict[Way, Any] = {}
    for route in found:
        if route.path == "/desk" or route.path.startswith("/desk/"):
            for method in route.methods - {"HEAD"}:
                pages.setdefault((route.path, method), route)
    return pages
