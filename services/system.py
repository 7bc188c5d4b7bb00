"""The processes of the whole system: each is one function, made of a service's own parts."""

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

from shared import collector
from shared import runtime as runtimes
from shared.crypto import keyring
from shared.events.services import SERVICES
from shared.messaging import worker
from shared.runtime import Runtime
from shared.security import fingerprint
from shared.security.keystore import Scope, ensure_key
from shared.service import Service
from shared.settings import CommonSettings, load
from shared.telemetry import configure_logging

log = logging.getLogger(__name__)
GRACE_SECONDS = 4
DATABASE_AGAIN = 1.0


def import_all() -> None:
    """Import every service, so that forked children share the memory and need no time for it."""
    for name in SERVICES:
        service(name)


def service(name: str) -> Service[Any]:
    """What a process of this service is made of; imported only where it is needed."""
    found: Service[Any] = import_module(f"services.{name}.service").SERVICE
    return found


def settings(name: str) -> CommonSettings:
    """From the environment. Ends the program where one is missing or wrong, naming each."""
    found: CommonSettings = load(service(name).settings)
    return found


def make_runtime(name: str) -> Runtime:
    """Settings, logs, keys and connections of this process."""
    found = settings(name)
    configure_logging(name, found.log_level)
    runtime = runtimes.build(name, found)
    runtimes.install(runtime)
    return runtime


def web_application(name: str) -> FastAPI:
    """A service's application as this process serves it."""
    app = service(name).web(make_runtime(name))
    collector.settle()
    return app


def web(name: str, *, listener: socket.socket | None = None, host: str = "", port: int = 0) -> int:
    """Serve until SIGTERM or SIGINT, on a socket that is open already or on an address.

    Ends the program where the secret key is another one. Without a database it serves, and says so.
    """
    app = web_application(name)
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
    with _under_its_own_key(app.state.runtime, server):
        server.run(sockets=[listener] if listener else None)
    return 0 if server.started else 1


@contextmanager
def _under_its_own_key(runtime: Runtime, server: uvicorn.Server) -> Iterator[None]:
    """Ends the program where the secret key is another one, also where the database says so only later."""
    stop, another = threading.Event(), threading.Event()

    def watch() -> None:
        if _is_its_own_key(runtime, stop) is False:
            another.set()
            server.should_exit = True

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
    """The service's queues, until SIGTERM or SIGINT. Ends the program where the secret key is another one."""
    runtime = make_runtime(name)
    # Until the worker listens itself: nothing is in hand yet, so whoever says stop is obeyed on the spot.
    _when_told_to_stop(lambda: sys.exit(0))
    if _is_its_own_key(runtime, threading.Event()) is False:
        sys.exit(fingerprint.ANOTHER_KEY)
    return worker.run(runtime, service(name).wiring, with_dispatcher=with_dispatcher)


def dispatch(name: str) -> int:
    """The dispatcher alone, until SIGTERM or SIGINT. Ends the program where the secret key is another one."""
    runtime, stop = make_runtime(name), threading.Event()
    _when_told_to_stop(stop.set)
    if _is_its_own_key(runtime, stop) is False:
        sys.exit(fingerprint.ANOTHER_KEY)
    worker.dispatch(runtime, service(name).wiring, stop)
    return 0


def _when_told_to_stop(act: Callable[[], object]) -> None:
    """On SIGTERM or SIGINT, which the first process of a container would not hear otherwise."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: act())


def _is_its_own_key(runtime: Runtime, stop: threading.Event) -> bool | None:
    """As soon as the database and its tables can be asked; nothing where told to stop before."""
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


def prepare_database(database_url: str, operator_key: str) -> None:
    """Bring every schema up to date, and let the operator's key in. Twice changes nothing."""
    for name in SERVICES:
        service(name).upgrade(database_url)
        ensure_key(database_url, name, operator_key, "operator", [Scope.OPERATOR])


def load_sample() -> None:
    """The sample directory, marked as such. Twice changes nothing."""
    commands = import_module("services.referral.directory.commands")
    runtime = make_runtime("referral")
    with runtime.sessions() as session:
        commands.load_sample(session, at=runtime.clock.now())
    runtime.engine.dispose()
