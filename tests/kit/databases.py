"""One embedded PostgreSQL for the whole run, with a database of its own for each test worker."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from local.postgres import Postgres
from services import system
from shared.events.services import SERVICES

TEMPLATE = "weerzien_template"
# What a test writes need not survive a crash.
# A test lets go of its connections when its objects are collected, which may be many tests later.
OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "500",
}
# With `milestones`, as where nothing ever ran before.
KEEP = ("alembic_version", "common_version", "milestones")


@contextmanager
def server() -> Iterator[str]:
    """Run a server with a migrated template; yields the address of its first database."""
    folder = Path(tempfile.mkdtemp(prefix="wz-"))
    folder.chmod(0o711)
    postgres = Postgres(folder / "pg", options=OPTIONS)
    try:
        url = postgres.start()
        _make_template(url)
        yield url
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def fresh_database(server_url: str, name: str) -> str:
    """Create a copy of the template under this name, replacing an older one, and return its address."""
    with _admin(server_url) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE))
        )
    return with_name(server_url, name)


def empty(url: str) -> None:
    """Delete all rows of the three schemas: one question finds the tables that have any."""
    try:
        _empty(_emptying(url), url)
    except psycopg.OperationalError:  # a test cut off every connection, ours too
        _emptying.cache_clear()
        _empty(_emptying(url), url)


def _empty(connection: psycopg.Connection[tuple[object, ...]], url: str) -> None:
    found = connection.execute(_which_are_full(url), prepare=True).fetchall()
    # Not DELETE, which leaves holes that later rows fill: a table's order would hang on the tests before.
    if full := [sql.Identifier(*str(name).split(".")) for (name,) in found]:
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(full)))


@lru_cache
def _emptying(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """Return the connection that empties a database after every test: one that is new has all to learn."""
    return psycopg.connect(_plain(url), autocommit=True)


@lru_cache
def _which_are_full(url: str) -> sql.Composed:
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        rows = connection.execute(
            "SELECT schemaname, relname FROM pg_stat_user_tables"
            " WHERE schemaname = ANY(%s) AND relname <> ALL(%s)",
            [list(SERVICES), list(KEEP)],
        ).fetchall()
    asked = [
        sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})").format(
            sql.Literal(f"{schema}.{table}"), sql.Identifier(str(schema), str(table))
        )
        for schema, table in rows
    ]
    return sql.SQL(" UNION ALL ").join(asked)


def with_name(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def worker_name() -> str:
    return f"wz_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


def _make_template(url: str) -> None:
    with _admin(url) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    for service in SERVICES:
        system.service(service).upgrade(with_name(url, TEMPLATE))


def _admin(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(_plain(url), autocommit=True)


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
