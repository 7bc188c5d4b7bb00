"""Intake: advice requests, their askers, and help that is given at once."""

from collections.abc import Sequence
from threading import Thread

from fastapi import FastAPI

from services.intake.asking.room import ROOM as ASKING
from services.intake.auditing.room import ROOM as AUDITING
from services.intake.base import Base
from services.intake.calls.room import ROOM as CALLS
from services.intake.children.room import ROOM as CHILDREN
from services.intake.conversations import showing
from services.intake.conversations.room import ROOM as CONVERSATIONS
from services.intake.desk import commands as desk
from services.intake.desk.room import ROOM as DESK
from services.intake.erasures.room import ROOM as ERASURES
from services.intake.guidance.fitting import ServicesThatFit
from services.intake.guidance.remembering import WordsOfPages
from services.intake.guidance.room import ROOM as GUIDANCE
from services.intake.hours.room import ROOM as HOURS
from services.intake.hours.telling import HoursTold
from services.intake.requests import commands
from services.intake.requests.room import ROOM as REQUESTS
from services.intake.settings import IntakeSettings
from services.intake.staff import refusing
from services.intake.staff.room import ROOM as STAFF
from services.intake.supervising.room import ROOM as SUPERVISING
from shared.database.engine import make_loop_sessions
from shared.runtime import Runtime
from shared.service import Service
from shared.web import pages
from shared.web.together import Together

# The page of guidance, and all that it is made of.
READ_FIRST = (
    *("base.html", "forms.html", "requests/site.html", "requests/numbers.html"),
    *("guidance/page.html", "guidance/list.html"),
)


def start(app: FastAPI, runtime: Runtime) -> None:
    """Let the rooms below use what only the rooms above them know."""
    submit_together(app, runtime)
    # The page where reference and code lead is that of the requests; it shows the conversation as well.
    app.state.conversation = showing.for_asker
    # What a child erases is erased beside it at the desk too.
    app.state.forget_beside = desk.forget_about
    app.state.hours_told = HoursTold(runtime)
    app.state.refused = refusing.in_frame
    app.state.services_that_fit = ServicesThatFit(runtime)
    app.state.words_of_pages = WordsOfPages(runtime)


def serve(app: FastAPI) -> None:
    """Read beside the first requests what the first reader would wait for."""
    app.state.words_of_pages.begin()
    Thread(target=pages.prepare, args=READ_FIRST, daemon=True).start()


def submit_together(app: FastAPI, runtime: Runtime) -> None:
    """Let API requests that arrive together share a transaction, on the event loop's own connections."""
    sessions = make_loop_sessions(runtime.engine, runtime.service)

    async def submit_all(arrivals: Sequence[commands.Arrival]) -> Sequence[commands.Receipt]:
        async with sessions() as session:
            # Its sessions are those of SQLModel, which the type of `run_sync` cannot express.
            return await session.run_sync(commands.submit_all, arrivals)  # type: ignore[arg-type]

    app.state.submit_together = Together(submit_all)


SERVICE = Service(
    "intake",
    IntakeSettings,
    Base,
    rooms=[
        REQUESTS,
        ASKING,
        CONVERSATIONS,
        CHILDREN,
        GUIDANCE,
        DESK,
        CALLS,
        SUPERVISING,
        AUDITING,
        HOURS,
        ERASURES,
        STAFF,
    ],
    has_the_desk=True,
    start=start,
    serve=serve,
)
