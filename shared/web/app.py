"""The application that every service starts from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from fastapi.telemetry import TelemetryConfig

from shared.desk import api as desk_api
from shared.desk import pages as desk_pages
from shared.desk.actions import DeskActions
from shared.runtime import Runtime
from shared.security.access import open_to_all
from shared.web import health, problems
from shared.web.metrics import Figures, registry_of
from shared.web.middleware import API_VERSION, Guard

STATIC = Path(__file__).parent / "static"
# FastAPI would tell any provider of OpenTelemetry in the process of addresses with tokens in them, and of
# what was wrong in a body; our own metrics and log lines hold neither.
UNOBSERVED: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}


def create_app(
    runtime: Runtime,
    *,
    title: str,
    routers: Sequence[APIRouter],
    desk: DeskActions,
    figures: Sequence[Figures] = (),
) -> FastAPI:
    """Health, problem details, headers, the desk and the description, around the routers of the rooms."""
    app = FastAPI(
        title=title,
        version=API_VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=UNOBSERVED,
    )
    app.state.runtime = runtime
    app.state.desk = desk
    app.state.figures = registry_of(runtime, figures)
    app.add_middleware(Guard, service=runtime.service)
    problems.register(app)
    # Routes are tried in this order: what is asked most comes first.
    for router in (*routers, health.router, desk_api.router, desk_pages.router, _description(app)):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


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
