"""The processes of the whole system: each is one function, made of a service's own parts."""

from __future__ import annotations

import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module

import uvicorn
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from shared import collector
from shared import runtime as runtimes
from shared.database import migrate
from shared.local.environment import SERVICES
from shared.messaging import worker
from shared.messaging.work import Wiring
from shared.runtime import Runtime
from shared.security import fingerprint
from shared.security.keys import keyring
from shared.security.keystore import Scope, ensure_key
from shared.settings import CommonSettings, load
from shared.telemetry import configure_logging

log = logging.getLogger(__name__)
GRACE_SECONDS = 4
DATABASE_AGAIN = 1.0


def import_all() -> None:
    """Import every service, so that forked children share the memory and need no time for it."""
    for service in SERVICES:
        wiring(service)
        application(service)


def wiring(service: str) -> Wiring:
    found: Wiring = import_module(f"services.{service}.worker").wiring
    return found


def application(service: str) -> Callable[[Runtime], FastAPI]:
    build: Callable[[Runtime], FastAPI] = import_module(f"services.{service}.app").build
    return build


def settings(service: str) -> CommonSettings:
    """From the environment. Ends the program where one is missing or wrong, naming each."""
    kind: type[CommonSettings] = import_module(f"services.{service}.settings").Settings
    return load(kind)


def make_runtime(service: str) -> Runtime:
    """Settings, logs, keys and connections of this process."""
    found = settings(service)
    configure_logging(service, found.log_level)
    runtime = runtimes.build(service, found)
    runtimes.install(runtime)
    return runtime


def web_application(service: str) -> FastAPI:
    """A service's application as this process serves it."""
    app = application(service)(make_runtime(service))
    collector.settle()
    return app


def web(service: str, *, listener: socket.socket | None = None, host: str = "", port: int = 0) -> int:
    """Serve until SIGTERM or SIGINT, on a socket that is open already or on an address.

    Ends the program where the secret key is another one. Without a database it serves, and says so.
    """
    app = web_application(service)
    with suppress(OperationalError):
        _refuse_another_key(app.state.runtime)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    server.run(sockets=[listener] if listener else None)
    return 0 if server.started else 1


def work(service: str, *, with_dispatcher: bool = False) -> int:
    """The service's queues, until SIGTERM or SIGINT. Ends the program where the secret key is another one."""
    runtime = make_runtime(service)
    _wait_for_its_own_key(runtime)
    return worker.run(runtime, wiring(service), with_dispatcher=with_dispatcher)


def _wait_for_its_own_key(runtime: Runtime) -> None:
    """As soon as the database can be asked."""
    while True:
        try:
            return _refuse_another_key(runtime)
        except OperationalError as problem:
            log.warning("the database cannot be asked yet: %s", type(problem).__name__)
            time.sleep(DATABASE_AGAIN)


def _refuse_another_key(runtime: Runtime) -> None:
    """Before the tables are there no key was in use. Raises OperationalError."""
    tables = migrate.up_to_date(runtime.engine, runtime.service)
    if tables and not fingerprint.keep(runtime.engine, keyring()):
        sys.exit(fingerprint.ANOTHER_KEY)


def dispatch(service: str) -> int:
    """The dispatcher alone, until SIGTERM or SIGINT. Ends the program where the secret key is another one."""
    runtime, stop = make_runtime(service), threading.Event()
    _wait_for_its_own_key(runtime)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    worker.dispatch(runtime, wiring(service), stop)
    return 0


def prepare_database(database_url: str, operator_key: str) -> None:
    """Bring every schema up to date, and let the operator's key in. Twice changes nothing."""
    for service in SERVICES:
        migrate.upgrade(database_url, service)
        ensure_key(database_url, service, operator_key, "operator", [Scope.OPERATOR])


def load_sample() -> None:
    """The sample directory, marked as such. Twice changes nothing."""
    commands = import_module("services.referral.directory.commands")
    runtime = make_runtime("referral")
    with runtime.sessions() as session:
        commands.load_sample(session, at=runtime.clock.now())
    runtime.engine.dispose()
