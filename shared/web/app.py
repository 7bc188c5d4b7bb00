"""The application that every service starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from fastapi.telemetry import TelemetryConfig
from starlette.datastructures import State
from starlette.middleware import Middleware

from shared.figures import Figures, registry_of
from shared.runtime import Runtime
from shared.security.access import open_to_all
from shared.web import health, problems
from shared.web.health import Check
from shared.web.middleware import API_VERSION, Guard

STATIC = Path(__file__).parent / "static"
# FastAPI would give any OpenTelemetry provider in the process addresses with tokens in them, and what was
# wrong in a body; our own metrics and log lines hold neither.
UNOBSERVED: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}


def create_app(*, title: str, routers: Sequence[APIRouter]) -> FastAPI:
    """Return an application with the rooms' routers, health, problem details and the description.

    It answers once it is attached to a runtime.
    """
    app = FastAPI(
        title=title,
        version=API_VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=UNOBSERVED,
    )
    problems.register(app)
    # Routes are tried in this order: the busiest come first.
    for router in (*routers, health.router, _description(app)):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


def attach(
    app: FastAPI,
    runtime: Runtime,
    *,
    checks: Mapping[str, Check] | None = None,
    figures: Sequence[Figures] = (),
    programs: Sequence[str] = (),
    passed_on: Sequence[str] = (),
    from_anywhere: Sequence[str] = (),
) -> None:
    """Let the application's routes work with this runtime; nothing of one that it had before is left.

    `checks` are those of what the service needs beside its database, by the name that `/readyz` gives them.
    Paths of `programs`, `passed_on` and `from_anywhere` are those of the rooms (`shared.service.Room`).
    """
    app.state = State()
    app.state.runtime = runtime
    app.state.readiness = health.Readiness(partial(health.readiness, runtime, dict(checks or {})))
    app.state.programs = (*problems.PROGRAMS, *programs)
    app.state.figures = registry_of(runtime, figures)
    guard = Middleware(
        Guard,
        service=runtime.service,
        public_url=runtime.settings.public_url(runtime.service),
        passed_on=tuple(passed_on),
        from_anywhere=tuple(from_anywhere),
    )
    # Made anew with the next request.
    app.user_middleware, app.middleware_stack = [guard], None


def _description(app: FastAPI) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/v1/openapi.json", dependencies=[Depends(open_to_all)])
    def openapi() -> JSONResponse:
        if not app.openapi_schema:
            app.openapi_schema = problems.described(
                get_openapi(title=app.title, version=app.version, routes=app.routes)
            )
        return JSONResponse(app.openapi_schema)

    return router
