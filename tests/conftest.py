from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from hypothesis import settings as hypothesis
from sqlmodel import Session

from shared import crypto
from shared import runtime as runtimes
from shared.clock import FixedClock
from shared.database.engine import make_sessions
from shared.runtime import Runtime
from shared.security import keystore
from shared.settings import parse_keys
from tests.kit import databases, engines
from tests.kit.peers import FakePeers
from tests.kit.settings import ENVIRONMENT, settings_for
from tests.kit.webs import web

# A Tuesday morning in winter: inside every window, with a working week around it.
MORNING = datetime(2026, 12, 1, 10, 0, tzinfo=ZoneInfo("Europe/Amsterdam"))

# No test is judged by the time that it takes.
hypothesis.register_profile("weerzien", deadline=None)
hypothesis.load_profile("weerzien")

_server: Any = None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all-faults", action="store_true", help="also those that wait for a lease of a minute to run out"
    )


def pytest_configure_node(node: Any) -> None:
    """Under xdist the server is the first process's, and every worker is told where it is."""
    global _server
    if _server is None:
        _server = databases.server()
        os.environ["WEERZIEN_TEST_SERVER"] = _server.__enter__()
    node.workerinput["postgres"] = os.environ["WEERZIEN_TEST_SERVER"]


def pytest_unconfigure(config: pytest.Config) -> None:
    if _server is not None and not hasattr(config, "workerinput"):
        _server.__exit__(None, None, None)


@pytest.fixture(scope="session", autouse=True)
def _environment() -> Iterator[None]:
    """No setting of whoever runs the tests reaches them."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("WEERZIEN_", "TWILIO_"))}
    for name in kept:
        if not name.startswith(("WEERZIEN_TEST", "WEERZIEN_STANDARDS")):
            del os.environ[name]
    crypto.install(
        crypto.Keyring(
            ENVIRONMENT["WEERZIEN_SECRET_KEY"], parse_keys(ENVIRONMENT["WEERZIEN_ENCRYPTION_KEYS"])
        )
    )
    yield
    os.environ.update(kept)


@pytest.fixture(scope="session")
def server_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The embedded PostgreSQL of this run."""
    given = getattr(request.config, "workerinput", {}).get("postgres")
    if given:
        yield given
    else:
        with databases.server() as url:
            yield url


@pytest.fixture(scope="session")
def worker_database(server_url: str) -> str:
    return databases.fresh_database(server_url, databases.worker_name())


@pytest.fixture
def postgres(worker_database: str) -> Iterator[str]:
    """The address of a database with every table and no row; emptied again afterwards."""
    yield worker_database
    databases.empty(worker_database)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(MORNING)


@pytest.fixture
def runtime_for(postgres: str, clock: FixedClock) -> Iterator[Callable[[str], Runtime]]:
    """A service's runtime on the test's database, with the clock that stands still and hand-written peers.

    The last one asked for is the one that tasks find.
    """
    made: dict[str, Runtime] = {}

    def make(service: str) -> Runtime:
        if service not in made:
            engine = engines.lend(postgres, service)
            settings = settings_for(service, database_url=postgres)
            made[service] = Runtime(service, settings, clock, engine, make_sessions(engine), FakePeers())
        runtimes.install(made[service])
        return made[service]

    yield make
    for runtime in made.values():
        engines.take_back(runtime.engine)


@pytest.fixture
def session_for(runtime_for: Callable[[str], Runtime]) -> Iterator[Callable[[str], Session]]:
    opened: list[Session] = []

    def make(service: str) -> Session:
        opened.append(runtime_for(service).sessions())
        return opened[-1]

    yield make
    for session in opened:
        session.close()


@pytest.fixture
def client_for(runtime_for: Callable[[str], Runtime]) -> Iterator[Callable[[str], TestClient]]:
    """A service's web application, called in this process."""
    with ExitStack() as opened:

        def make(service: str) -> TestClient:
            app = opened.enter_context(web(runtime_for(service)))
            # Entered, so that all requests of a test run in one event loop, as they do in a process.
            return opened.enter_context(
                TestClient(
                    app, raise_server_exceptions=False, follow_redirects=False, client=("127.0.0.1", 50_000)
                )
            )

        yield make


@pytest.fixture
def desk_shows(
    runtime_for: Callable[[str], Runtime],
    client_for: Callable[[str], TestClient],
    session_for: Callable[[str], Session],
) -> Callable[..., str]:
    """The page of the one desk about an item of a service, for an adviser who said why they look."""
    from tests.kit import desk, staff

    def show(service: str, item_id: object, language: str = "nl") -> str:
        client = desk.one_desk(runtime_for, client_for)
        staff.sign_in(client, session_for("intake"))
        page = desk.shown(client, f"/desk/items/{service}/{item_id}", language=language)
        runtime_for(service)  # the one that tasks find again
        return page

    return show


@pytest.fixture
def make_key(runtime_for: Callable[[str], Runtime]) -> Callable[..., dict[str, str]]:
    """The headers of a new API key of a service with these scopes; by default the centre's own."""

    def make(service: str, *scopes: str, name: str = "", **owner: Any) -> dict[str, str]:
        key = keystore.make_key()
        if "facilities" in owner:
            owner["facilities"] = frozenset(owner["facilities"])
        with runtime_for(service).sessions() as session:
            whose = keystore.Owner(**owner)
            keystore.store(session, key, name or f"test {' '.join(scopes)}", scopes, whose)
            session.commit()
        return {"Authorization": f"Bearer {key}"}

    return make
