"""The parts of a service: each room says what it brings, and the service names its rooms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Generic, TypeVar

from fastapi import APIRouter, FastAPI
from sqlalchemy import Engine
from sqlmodel import SQLModel

from shared.database import migrate
from shared.desk import api as desk_api
from shared.desk import figures as desk_figures
from shared.desk import internal as desk_internal
from shared.desk import moved as desk_moved
from shared.desk.actions import DeskActions, Kind
from shared.figures import Figures
from shared.forgetting import Eraser, Period
from shared.forgetting import api as forgetting_api
from shared.forgetting import figures as forgetting_figures
from shared.forgetting.periods import Keeping
from shared.messaging import DueWork, Subscription, Subscriptions
from shared.messaging import figures as messaging_figures
from shared.messaging.heartbeat import dispatcher_check
from shared.messaging.work import Wiring
from shared.runtime import Runtime
from shared.settings import CommonSettings
from shared.web.app import attach, create_app

S = TypeVar("S", bound=CommonSettings)


@dataclass(frozen=True)
class Room:
    """The parts that a room brings to its service; a room leaves out what it does not have.

    `desk` names the kinds of work items that the room opens, and what can be done with each. `reasons` are
    patterns of reasons with a code in them (in a group `code`), each with the key of its desk text. Under the
    paths of `programs` a refusal is problem details, never a page. Under those of `passed_on` a form holds a
    person's words that another system passes on: it is not refused for a NUL, which the routes remove. Under
    those of `from_anywhere` a page takes a form from any site: the address alone, which only its owner was
    sent, says what is to be done, and no cookie counts. `periods` say how long the room's data is kept;
    `eraser` erases a person from the whole service.
    """

    routers: Sequence[APIRouter] = ()
    subscriptions: Sequence[Subscription] = ()
    due: Sequence[DueWork] = ()
    desk: Mapping[str, Kind] = field(default_factory=dict)
    figures: Sequence[Figures] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    programs: Sequence[str] = ()
    passed_on: Sequence[str] = ()
    from_anywhere: Sequence[str] = ()
    periods: Sequence[Period] = ()
    eraser: Eraser | None = None


@dataclass(frozen=True)
class Service(Generic[S]):
    """One of the three services, from which its web process, worker and dispatcher are derived.

    Routes are tried in the order of the rooms: the busiest comes first. `has_the_desk`: one of its rooms is
    the desk, for the work items of all services. `start` is called with each web application and
    the runtime that it is to work with; `serve` once by a process that begins to answer with one.
    """

    name: str
    settings: type[S]
    base: type[SQLModel]
    rooms: Sequence[Room]
    has_the_desk: bool = False
    start: Callable[[FastAPI, Runtime], None] | None = None
    serve: Callable[[FastAPI], None] | None = None

    @property
    def desk(self) -> DeskActions:
        """Return what can be done with its work items. Raises ValueError if two rooms claim the same kind."""
        reasons = {form: text for room in self.rooms for form, text in room.reasons.items()}
        return DeskActions.of((room.desk for room in self.rooms), reasons)

    @property
    def wiring(self) -> Wiring:
        """The work of its worker and dispatcher. Raises ValueError if two rooms handle the same event."""
        return Wiring(
            self.name,
            Subscriptions(
                self.name, [subscription for room in self.rooms for subscription in room.subscriptions]
            ),
            [*(due for room in self.rooms for due in room.due), self.keeping.due],
        )

    @property
    def keeping(self) -> Keeping:
        """Return the daily work of letting go of what is older than its period."""
        return Keeping(self.name, [period for room in self.rooms for period in room.periods])

    @property
    def eraser(self) -> Eraser:
        """Return how a person is erased here. Raises ValueError unless exactly one room says so."""
        [eraser] = self._erasers
        return eraser

    @property
    def _erasers(self) -> list[Eraser]:
        return [room.eraser for room in self.rooms if room.eraser is not None]

    @property
    def versions(self) -> Path:
        """Return the folder of its migrations, beside the module of its base."""
        return Path(str(import_module(self.base.__module__).__file__)).parent / "migrations" / "versions"

    def upgrade(self, database_url: str) -> None:
        """Bring its schema up to date. Idempotent. Raises what PostgreSQL raises."""
        migrate.upgrade(database_url, self.name, self.versions)

    def is_up_to_date(self, engine: Engine) -> bool:
        """True if the database holds everything that this version of the service needs."""
        return migrate.up_to_date(engine, self.versions)

    @property
    def _work_items(self) -> list[APIRouter]:
        """Return the routes of its work items; those of the desk, if it is here, are its own."""
        if self.has_the_desk:
            return [desk_api.in_groups]
        return [desk_api.in_groups, desk_api.router, desk_internal.router, desk_moved.router]

    def _schema_check(self, runtime: Runtime) -> str:
        return "ok" if self.is_up_to_date(runtime.engine) else "run `weerzien migrate`"

    def web(self, runtime: Runtime) -> FastAPI:
        """Return its web application, with its work items and the health of its dispatcher."""
        routers = [router for room in self.rooms for router in room.routers]
        erasing = [forgetting_api.router(eraser) for eraser in self._erasers]
        app = create_app(title=f"Weerzien {self.name}", routers=[*routers, *self._work_items, *erasing])
        self.attach(app, runtime)
        return app

    def attach(self, app: FastAPI, runtime: Runtime) -> None:
        """Let an application of this service work with this runtime, in place of the one that it had."""
        figures = [counting for room in self.rooms for counting in room.figures]
        attach(
            app,
            runtime,
            checks={"schema": self._schema_check, "dispatcher": dispatcher_check},
            programs=[path for room in self.rooms for path in room.programs],
            passed_on=[path for room in self.rooms for path in room.passed_on],
            from_anywhere=[path for room in self.rooms for path in room.from_anywhere],
            figures=[messaging_figures.figures, desk_figures.figures, forgetting_figures.figures, *figures],
        )
        app.state.desk = self.desk
        if self.start is not None:
            self.start(app, runtime)
