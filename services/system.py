"""The processes of the whole system: each is one function, made from the parts of a service."""

from __future__ import annotations

import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import uvicorn
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from shared import collector
from shared import runtime as runtimes
from shared.crypto import keyring
from shared.database import binding, roles
from shared.database.engine import make_engine
from shared.events.services import SERVICES
from shared.messaging import worker
from shared.runtime import Runtime
from shared.secret_files import DATABASE_URL, own
from shared.security import fingerprint
from shared.security.keystore import Scope, ensure_key
from shared.service import Service
from shared.settings import CommonSettings, load
from shared.telemetry import configure_logging
from shared.web import server

log = logging.getLogger(__name__)
DATABASE_AGAIN = 1.0


def import_all() -> None:
    """Import every service, so that forked children share the memory and need no time for it."""
    for name in SERVICES:
        service(name)


def service(name: str) -> Service[Any]:
    """Return the parts of a service; imports them only now."""
    parts: Service[Any] = import_module(f"services.{name}.service").SERVICE
    return parts


def settings(name: str) -> CommonSettings:
    """Return a service's settings from the environment. Raises SettingsProblem, which names each mistake."""
    loaded: CommonSettings = load(service(name).settings, service=name)
    return loaded


def make_runtime(name: str) -> Runtime:
    """Return the runtime of this process: its settings, keys and connections; logging is set up too."""
    given = settings(name)
    configure_logging(name, given.log_level)
    runtime = runtimes.build(name, given)
    runtimes.install(runtime)
    return runtime


def web_application(name: str) -> FastAPI:
    """Return a service's application, ready to be served by this process."""
    parts = service(name)
    app = parts.web(make_runtime(name))
    collector.tune()
    if parts.serve is not None:
        parts.serve(app)
    return app


def web(name: str, *, listener: socket.socket | None = None, host: str = "", port: int = 0) -> int:
    """Serve on an open socket or on an address until SIGTERM or SIGINT; returns the exit code.

    Ends the program if the secret key is not the one of before. Without a database it serves all the same,
    and logs that.
    """
    app = web_application(name)
    made = server.server(app, host=host, port=port)
    with _under_its_own_key(app.state.runtime, made):
        return server.serve(made, listener)


@contextmanager
def _under_its_own_key(runtime: Runtime, made: uvicorn.Server) -> Iterator[None]:
    """End the program if the secret key is not the one of before, also if the database says so only later."""
    stop, another = threading.Event(), threading.Event()

    def watch() -> None:
        if _is_its_own_key(runtime, stop) is False:
            another.set()
            made.should_exit = True

    known = _asked(runtime)
    if known is False:
        sys.exit(fingerprint.ANOTHER_KEY)
    if known is None:
        threading.Thread(target=watch, name="secret-key", daemon=True).start()
    try:
        yield
    finally:
        stop.set()
    if another.is_set():
        sys.exit(fingerprint.ANOTHER_KEY)


def work(name: str, *, with_dispatcher: bool = False) -> int:
    """Work on the service's queues until SIGTERM or SIGINT; ends the program under another secret key."""
    runtime = make_runtime(name)
    # Until the worker handles signals itself: nothing is in hand yet, so a signal stops us at once.
    _when_told_to_stop(lambda: sys.exit(0))
    if _is_its_own_key(runtime, threading.Event()) is False:
        sys.exit(fingerprint.ANOTHER_KEY)
    return worker.run(runtime, service(name).wiring, with_dispatcher=with_dispatcher)


def dispatch(name: str) -> int:
    """Run the dispatcher alone until SIGTERM or SIGINT; ends the program under another secret key."""
    runtime, stop = make_runtime(name), threading.Event()
    _when_told_to_stop(stop.set)
    if _is_its_own_key(runtime, stop) is False:
        sys.exit(fingerprint.ANOTHER_KEY)
    worker.dispatch(runtime, service(name).wiring, stop)
    return 0


def _when_told_to_stop(act: Callable[[], object]) -> None:
    """Act on SIGTERM and SIGINT, which the first process of a container would ignore otherwise."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: act())


def _is_its_own_key(runtime: Runtime, stop: threading.Event) -> bool | None:
    """Wait for the database and its tables, then compare keys; returns None if told to stop before."""
    while not stop.is_set():
        known = _asked(runtime)
        if known is not None:
            return known
        stop.wait(DATABASE_AGAIN)
    return None


def _asked(runtime: Runtime) -> bool | None:
    try:
        known = fingerprint.keep(runtime.engine, keyring())
    except DBAPIError as problem:
        log.warning("the database cannot be asked yet: %s", type(problem).__name__)
        return None
    if known is None:
        log.warning("the tables are not there yet: run `weerzien migrate`")
    return known


def migrate(database_url: str) -> list[str]:
    """Bring every schema up to date as the owner of the database, and make the roles of the services.

    Returns the services with a role of their own: those whose own address names one. Idempotent.
    """
    for name in SERVICES:
        service(name).upgrade(database_url)
    return roles.prepare(database_url, {name: own(DATABASE_URL, name) for name in SERVICES})


def prepare_database(database_url: str, operator_key: str, *, alone: bool = False) -> None:
    """Bring every schema up to date, and store the operator's key in each. Idempotent.

    `alone`: nothing else uses this database, so no version from before has to read what is written.
    """
    migrate(database_url)
    for name in SERVICES:
        ensure_key(database_url, name, operator_key, "operator", [Scope.OPERATOR])
        if alone:
            _bind_values(database_url, name)


def _bind_values(database_url: str, name: str) -> None:
    engine = make_engine(database_url, name, pool_size=1)
    with Session(engine) as session:
        binding.reach(session)
        session.commit()
    engine.dispose()


def load_sample() -> None:
    """Load the sample directory, marked as such, and visit days of the next weeks. Idempotent."""
    rooms = {"referral": "services.referral.directory.commands", "notify": "services.notify.visits.commands"}
    for service_name, room in rooms.items():
        runtime = make_runtime(service_name)
        with runtime.sessions() as session:
            import_module(room).load_sample(session, at=runtime.clock.now())
        runtime.engine.dispose()
