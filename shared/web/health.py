"""Health of the process, its readiness for work, and figures for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from shared.crypto import keyring
from shared.errors import NotFound
from shared.runtime import Runtime
from shared.security import fingerprint
from shared.security.access import Access, open_to_all
from shared.web.dependencies import RuntimeDep
from shared.web.origin import is_private


class PrivateOnly(Access):
    """Lets in direct requests from a private address only, never those through the proxy in front."""

    def __call__(self, request: Request) -> None:
        host = request.client.host if request.client else ""
        if "x-forwarded-for" in request.headers or not (is_private(host) or host == "testclient"):
            raise NotFound("There is nothing at this address.")


private_only = PrivateOnly()
Check = Callable[[Runtime], str]
"""Returns `ok`, or what is wrong and what to do about it."""
SECRET_KEY = {
    True: "ok",
    False: "another than before: `weerzien doctor` says what to do",
    None: "cannot be told before `weerzien migrate`",
}
router = APIRouter(include_in_schema=False)


@router.get("/healthz", dependencies=[Depends(open_to_all)])
def healthz(runtime: RuntimeDep) -> dict[str, str]:
    return {"status": "ok", "service": runtime.service}


@router.get("/readyz", dependencies=[Depends(open_to_all)])
def readyz(request: Request, runtime: RuntimeDep) -> JSONResponse:
    checks = readiness(runtime, request.app.state.checks)
    ready = all(value == "ok" for value in checks.values())
    return JSONResponse({"status": "ok" if ready else "not-ready", **checks}, 200 if ready else 503)


@router.get("/metrics", dependencies=[Depends(private_only)])
def metrics(request: Request) -> Response:
    """Return the figures of this process, and those of the whole service from the database."""
    counted = generate_latest() + generate_latest(request.app.state.figures)
    return Response(counted, media_type=CONTENT_TYPE_LATEST)


def readiness(runtime: Runtime, checks: Mapping[str, Check]) -> dict[str, str]:
    """Return, for each part that this service needs, `ok` or what is wrong with it."""
    try:
        checked = {name: check(runtime) for name, check in checks.items()}
        own = fingerprint.is_known(runtime.engine, keyring())
    except SQLAlchemyError as problem:
        return {"database": f"cannot be reached ({type(problem).__name__})"}
    return {"database": "ok", **checked, "secretKey": SECRET_KEY[own]}
