from fastapi import FastAPI

from services.intake.desk import desk
from services.intake.guidance import pages as guidance
from services.intake.requests import api, pages
from services.intake.requests import desk as _requests_desk  # noqa: F401 - registers its kinds
from shared.runtime import Runtime
from shared.web.app import create_app


def build(runtime: Runtime) -> FastAPI:
    return create_app(
        runtime,
        title="Weerzien intake",
        routers=[pages.router, guidance.router, api.router],
        desk=desk,
    )
