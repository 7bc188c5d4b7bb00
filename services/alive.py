"""Tells whether a worker or a dispatcher is at work. Health checks ask often, so this imports little."""

from __future__ import annotations

from pathlib import Path

import psycopg

from local.account import LocalProblem
from local.environment import running_environment
from shared.clock import STALE_SECONDS
from shared.secret_files import DATABASE_URL, own, read_secret_files

ANSWER_SECONDS = 5
AGE = "SELECT extract(epoch FROM clock_timestamp() - at) FROM heartbeats WHERE name = %s"


def is_seen(data: Path, service: str, role: str) -> bool:
    """Return True if there was a sign of life within thirty seconds, by the database's clock.

    Raises LocalProblem if no database is named, and what psycopg raises.
    """
    options = f"-csearch_path={service} -cstatement_timeout={ANSWER_SECONDS * 1000}"
    url = _database(data, service).replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(url, connect_timeout=ANSWER_SECONDS, options=options) as connection:
        row = connection.execute(AGE, [role]).fetchone()
    return row is not None and float(row[0]) < STALE_SECONDS


def _database(data: Path, service: str) -> str:
    """Return the service's database in the running system, else from the environment or a secret file."""
    running = running_environment(data)
    if running is None:
        read_secret_files()
    url = own(DATABASE_URL, service, running)
    if not url:
        raise LocalProblem(f"nothing runs on {data}, and WEERZIEN_DATABASE_URL names no database")
    return url
