from collections.abc import Sequence

from fastapi import FastAPI

from services.intake.desk import desk
from services.intake.guidance import pages as guidance
from services.intake.requests import api, commands, pages
from services.intake.requests import desk as _requests_desk  # noqa: F401 - registers its kinds
from shared.database.engine import make_loop_sessions
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

    sessions = make_loop_sessions(runtime.engine, runtime.service)

    async def submit_all(arrivals: Sequence[commands.Arrival]) -> Sequence[commands.Receipt]:
        async with sessions() as session:
            # Its sessions are SQLModel's, which the type of `run_sync` cannot say.
            return await session.run_sync(commands.submit_all, arrivals)  # type: ignore[arg-type]

    app.state.submit_together = Together(submit_all)
    return app
