"""`weerzien up`: the whole system on this machine."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from local import environment as machine
from local import secrets
from local.account import LocalProblem
from local.ports import holder, listen
from local.postgres import Postgres
from local.processes import Server, wait_until
from local.providers import mark_as_sample, refuse_real_providers
from local.supervisor import Supervisor, say
from local.valkey import Valkey
from services.notify.channels.providers import OURS, PROVIDERS
from shared import collector
from shared.events.services import SERVICES
from shared.secret_files import DATABASE_URL
from shared.settings import read_secret_files

PORT_PATIENCE = 2.0
Journey = Callable[[], int]
Listeners = Mapping[str, socket.socket]


@dataclass(frozen=True)
class Options:
    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    sample: bool = False

    @property
    def addresses(self) -> dict[str, str]:
        return machine.addresses(self.host, self.port)


def up(options: Options, journey: Journey | None = None, *, stay: bool = True) -> int:
    """Run until SIGTERM or SIGINT, then return 0; a `journey` is walked once everything is ready.

    The people of a journey are invented, and the folder is marked as a sample before anything starts. With
    `stay` false it ends after the journey, with the journey's exit code. Raises LocalProblem if something on
    this machine prevents it.
    """
    read_secret_files(OURS)
    refuse_real_providers(options.data, os.environ, PROVIDERS)
    code = 0 if stay else 1
    with Supervisor(options.data, say) as supervisor:
        listeners = open_ports(options.host, options.port)
        if journey:
            mark_as_sample(options.data)
        try:
            _start(supervisor, options, listeners, journey)
            if journey:
                walked = supervisor.on_terminal("journey", _alone(listeners, None, journey))
                code = code and walked
            if stay:
                supervisor.watch()
        finally:
            machine.remove_note(options.data)
            for listener in listeners.values():
                listener.close()
    return code


def open_ports(host: str, port: int) -> dict[str, socket.socket]:
    """Return the three listening sockets. Raises LocalProblem, in one line, if a port stays taken."""
    opened: dict[str, socket.socket] = {}
    for step, service in enumerate(SERVICES):
        opened[service] = _open(host, port + step, service)
    return opened


def _open(host: str, port: int, service: str) -> socket.socket:
    """Open a port, with some patience: a system that was killed just now may still hold it."""
    opened: list[socket.socket] = []
    problem: list[OSError] = []

    def attempt() -> bool:
        try:
            opened.append(listen(host, port))
        except OSError as error:
            problem[:] = [error]
            return False
        return True

    if not wait_until(attempt, PORT_PATIENCE):
        reason = (
            f"is held by {holder(port)}"
            if problem[0].errno == errno.EADDRINUSE
            else f"cannot be used: {problem[0]}"
        )
        raise LocalProblem(
            f"port {port} for {service} {reason}; choose others with --port"
            " (`make demo DEMO_ARGS='--port 9000'`)"
        )
    return opened[0]


def _start(supervisor: Supervisor, options: Options, listeners: Listeners, journey: Journey | None) -> None:
    servers = embedded_servers(options.data)
    supervisor.start_servers(list(servers.values()), meanwhile=_import_all)
    urls = {name: server.url for name, server in servers.items()}
    database = servers.get("database")
    if isinstance(database, Postgres):
        os.environ.update({f"{DATABASE_URL}_{name.upper()}": database.url_of(name) for name in SERVICES})
    environment = machine.local_environment(os.environ, options.data, options.addresses, urls, names=OURS)
    os.environ.update(environment)
    alone = isinstance(database, Postgres)
    supervisor.run_once("prepare", _alone(listeners, None, partial(_prepare, options, alone=alone)))
    asked = {f"web-{service}": f"{url}/healthz" for service, url in options.addresses.items()}
    supervisor.start_children(_children(listeners), asked)
    machine.leave_note(options.data, environment)
    supervisor.wait_ready([f"{url}/readyz" for url in options.addresses.values()])
    say("ready  " + "  ".join(f"{name} {url}" for name, url in options.addresses.items()))
    if options.sample and not journey:
        supervisor.on_terminal("sample", _alone(listeners, None, _say_sample_links))


def _say_sample_links() -> int:
    from services.commands.people import sample_link
    from services.commands.planning import sample_link as planners_link

    say(f"to look around as a sample adviser, once: {sample_link()}")
    say(f"and as a sample planner of visit days, once: {planners_link()}")
    return 0


def embedded_servers(data: Path) -> dict[str, Server]:
    """Return our own servers, for those that the environment does not name."""
    servers: dict[str, Server] = {}
    if not os.environ.get("WEERZIEN_DATABASE_URL"):
        servers["database"] = Postgres(data)
    if not os.environ.get("WEERZIEN_BROKER_URL"):
        servers["broker"] = Valkey(data)
    return servers


def _import_all() -> None:
    """Import everything before the first fork, so that the children share it."""
    from services import system

    system.import_all()
    collector.tune()


def _prepare(options: Options, *, alone: bool) -> int:
    from sqlalchemy.exc import OperationalError

    from services import system

    try:
        key = secrets.operator_key(options.data)
        system.prepare_database(os.environ["WEERZIEN_DATABASE_URL"], key, alone=alone)
    except OperationalError as problem:
        sys.exit(f"the database refused: {problem.orig}")
    if options.sample:
        system.load_sample()
    return 0


def _children(listeners: Listeners) -> dict[str, Callable[[], int]]:
    from services import system

    children: dict[str, Callable[[], int]] = {}
    for service, listener in listeners.items():
        web = _as(service, partial(system.web, service, listener=listener))
        children[f"web-{service}"] = _alone(listeners, service, web)
        work = _as(service, partial(system.work, service, with_dispatcher=True))
        children[f"worker-{service}"] = _alone(listeners, None, work)
    return children


def _as(service: str, run: Callable[[], int]) -> Callable[[], int]:
    """Run in a child that knows its own address of the database and no other, where it has one."""

    def run_as() -> int:
        mine = f"{DATABASE_URL}_{service.upper()}"
        if os.environ.get(mine):
            for name in [one for one in os.environ if one.startswith(DATABASE_URL) and one != mine]:
                del os.environ[name]
        return run()

    return run_as


def _alone(listeners: Listeners, own: str | None, run: Callable[[], int]) -> Callable[[], int]:
    """Run in a child with no listening socket but its own, so that a port is free once its owner ends."""

    def run_alone() -> int:
        for service, listener in listeners.items():
            if service != own:
                listener.close()
        return run()

    return run_alone
