from collections.abc import Sequence

from fastapi import FastAPI

from services.intake.desk import desk
from services.intake.guidance import pages as guidance
from services.intake.requests import api, commands, pages
from services.intake.requests import desk as _requests_desk  # noqa: F401 - registers its kinds
from shared.runtime import Runtime
from shared.web.app import create_app
from shared.web.together import Together


def build(runtime: Runtime) -> FastAPI:
    app = create_app(
        runtime,
        title="Weerzien intake",
        routers=[api.router, pages.router, guidance.router],
        desk=desk,
    )

    def submit_all(arrivals: Sequence[commands.Arrival]) -> Sequence[commands.Receipt]:
        with runtime.sessions() as session:
            return commands.submit_all(session, arrivals)

    app.state.submit_together = Together(submit_all)
    return app
