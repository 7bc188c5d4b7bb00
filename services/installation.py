"""Finds a command's installation: in the environment, as the system that runs, or in the data folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlmodel import Session

from local import environment as machine
from local.account import LocalProblem
from local.postgres import Postgres
from local.processes import Lock, make_data_folder
from services.notify.channels.providers import OURS, SETTINGS
from shared.events.services import SERVICES
from shared.secret_files import DATABASE_URL, own
from shared.settings import read_secret_files

PORT = 8000
NO_BROKER = "redis://127.0.0.1:1/0"
"""Stands for the broker in commands that need only the database; nothing is sent there."""


@contextmanager
def installation(data: Path, *, new: bool = False) -> Iterator[None]:
    """Put the installation's settings in the environment and keep its database running during a command.

    The database is, in this order: the one that `WEERZIEN_DATABASE_URL` names, the one of the system that
    runs on `data`, or the one in `data`, started for this command alone. If there is none and `new` is true,
    it is made, and stderr says so. Raises LocalProblem if there is no database to use.
    """
    read_secret_files(OURS)
    if any(own(DATABASE_URL, service) for service in SERVICES):
        use_kept_secrets(data)
        yield
    elif use_running(data):
        yield
    else:
        made = _is_new(data, allowed=new)
        with _own_database(data):
            if made:
                sys.stderr.write(f"made a new installation in {data.resolve()}\n")
            yield


def _is_new(data: Path, *, allowed: bool) -> bool:
    """Return True if `data` holds no installation yet. Raises LocalProblem if a new one is not allowed,
    since the folder's name may have a typing error.
    """
    exists = (data / Postgres.name).exists()
    if not exists and not allowed:
        raise LocalProblem(
            f"there is no installation in {data.resolve()}: name its folder with --data, or set"
            " WEERZIEN_DATABASE_URL"
        )
    return not exists


def use_running(data: Path) -> bool:
    """Take over the settings of the system that runs on this folder; returns False if none runs."""
    running = machine.running_environment(data)
    if running is not None:
        # This command's environment may name other providers than the running system's.
        for name in SETTINGS:
            os.environ.pop(name, None)
        os.environ.update(running)
    return running is not None


def use_kept_secrets(data: Path) -> None:
    """Use the secrets that `up` made on this machine, if there are any."""
    if (data / "secrets").is_dir():
        given = machine.local_environment(os.environ, data, machine.addresses("", PORT), {}, names=OURS)
        os.environ.update({name: value for name, value in given.items() if not os.environ.get(name)})


@contextmanager
def _own_database(data: Path) -> Iterator[None]:
    make_data_folder(data)
    lock = Lock(data / "lock")
    if not lock.take_soon():
        raise LocalProblem(f"{data} is being started or stopped by process {lock.holder()}; try again")
    server = Postgres(data)
    try:
        urls = {"database": server.start(), "broker": os.environ.get("WEERZIEN_BROKER_URL") or NO_BROKER}
        os.environ.update(
            machine.local_environment(os.environ, data, machine.addresses("", PORT), urls, names=OURS)
        )
        yield
    finally:
        server.stop()
        lock.release()


@contextmanager
def session(service: str) -> Iterator[Session]:
    """Open a session on one service's schema, with its keys. Use it inside `installation`."""
    from services import system

    runtime = system.make_runtime(service)
    with runtime.sessions() as opened:
        yield opened
    runtime.engine.dispose()
