"""Where a command finds its installation: the environment, what runs on the folder, or the folder itself."""

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
from shared.settings import read_secret_files

PORT = 8000
NO_BROKER = "redis://127.0.0.1:1/0"
"""Commands that only need the database have none of their own; nothing is sent there."""


@contextmanager
def installation(data: Path, *, new: bool = False) -> Iterator[None]:
    """Settings of this installation in the environment, and its database running, for the time of a command.

    In this order: the database that `WEERZIEN_DATABASE_URL` names, that of the system that runs on `data`,
    else the one in `data`, started for the command alone. Where there is none it is made, and that is said,
    if it may be `new`. Raises LocalProblem where none can be had.
    """
    read_secret_files(OURS)
    if os.environ.get("WEERZIEN_DATABASE_URL"):
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
    """A name with a typing error in it is no installation."""
    there = (data / Postgres.name).exists()
    if not there and not allowed:
        raise LocalProblem(
            f"there is no installation in {data.resolve()}: name its folder with --data, or set"
            " WEERZIEN_DATABASE_URL"
        )
    return not there


def use_running(data: Path) -> bool:
    """Take over the settings of the system that runs on this folder; false where none runs."""
    found = machine.running_environment(data)
    if found is not None:
        # Who asks may have other providers around than the system that runs.
        for name in SETTINGS:
            os.environ.pop(name, None)
        os.environ.update(found)
    return found is not None


def use_kept_secrets(data: Path) -> None:
    """On a machine where `up` made the secrets, commands use the same."""
    if (data / "secrets").is_dir():
        given = machine.local_environment(os.environ, data, machine.addresses("", PORT), {}, names=OURS)
        os.environ.update({name: value for name, value in given.items() if name not in os.environ})


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
    """A session on one service's schema, with its keys; inside `installation`."""
    from services import system

    runtime = system.make_runtime(service)
    with runtime.sessions() as opened:
        yield opened
    runtime.engine.dispose()
