"""Health of the process, its readiness for work, and figures for Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from shared.clock import monotonic
from shared.crypto import keyring
from shared.errors import NotFound
from shared.runtime import Runtime
from shared.security import fingerprint
from shared.security.access import Access, open_to_all
from shared.web.dependencies import RuntimeDep
from shared.web.origin import is_private
from shared.web.proxies import came_through_one


class PrivateOnly(Access):
    """Lets in direct requests from a private address only, never those through the proxy in front."""

    def __call__(self, request: Request) -> None:
        host = request.client.host if request.client else ""
        if came_through_one(request) or not is_private(host):
            raise NotFound("There is nothing at this address.")


private_only = PrivateOnly()
Check = Callable[[Runtime], str]
"""Returns `ok`, or what is wrong and what to do about it."""
LOOK_SECONDS = 1.0
SECRET_KEY = {
    True: "ok",
    False: "another than before: `weerzien doctor` says what to do",
    None: "cannot be told before `weerzien migrate`",
}
router = APIRouter(include_in_schema=False)


@router.get("/healthz", dependencies=[Depends(open_to_all)])
async def healthz(runtime: RuntimeDep) -> dict[str, str]:
    return {"status": "ok", "service": runtime.service}


@router.get("/readyz", dependencies=[Depends(open_to_all)])
async def readyz(request: Request) -> JSONResponse:
    checks = await request.app.state.readiness()
    ready = all(value == "ok" for value in checks.values())
    return JSONResponse({"status": "ok" if ready else "not-ready", **checks}, 200 if ready else 503)


@router.get("/metrics", dependencies=[Depends(private_only)])
def metrics(request: Request) -> Response:
    """Return the figures of this process, and those of the whole service from the database."""
    counted = generate_latest() + generate_latest(request.app.state.figures)
    return Response(counted, media_type=CONTENT_TYPE_LATEST)


class Readiness:
    """Looks at most once a second, and once for all who ask meanwhile: strangers may ask as they like."""

    def __init__(self, look: Callable[[], dict[str, str]]) -> None:
        self._look = look
        self._seen: tuple[float, dict[str, str]] | None = None
        self._looking: dict[asyncio.AbstractEventLoop, asyncio.Task[dict[str, str]]] = {}

    async def __call__(self) -> dict[str, str]:
        if self._seen and monotonic() - self._seen[0] < LOOK_SECONDS:
            return self._seen[1]
        loop = asyncio.get_running_loop()
        looking = self._looking.get(loop)
        if looking is None:
            looking = self._looking[loop] = asyncio.create_task(run_in_threadpool(self._look))
            looking.add_done_callback(lambda _: self._looking.pop(loop, None))
        # Whoever asked first may go away; the others still wait for the answer.
        found = await asyncio.shield(looking)
        self._seen = (monotonic(), found)
        return found


def readiness(runtime: Runtime, checks: Mapping[str, Check]) -> dict[str, str]:
    """Return, for each part that this service needs, `ok` or what is wrong with it."""
    try:
        checked = {name: check(runtime) for name, check in checks.items()}
        own = fingerprint.is_known(runtime.engine, keyring())
    except SQLAlchemyError as problem:
        return {"database": f"cannot be reached ({type(problem).__name__})"}
    return {"database": "ok", **checked, "secretKey": SECRET_KEY[own]}
