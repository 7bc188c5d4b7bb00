"""One embedded PostgreSQL for the whole run, with a database of its own for each test worker."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import LiteralString, cast

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from local import secrets
from local.postgres import DATABASE, SUPERUSER, Postgres
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
    # What a test left is cleared after it, and nothing else moves rows or changes plans meanwhile.
    "autovacuum": "off",
}
# Pages of a table that are cleared rather than made anew; and in such a way that they are given back.
FEW = 32
CLEARED = sql.SQL("INDEX_CLEANUP ON, TRUNCATE ON, SKIP_DATABASE_STATS")
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
        _let_triggers_be_silenced(postgres)
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
    full = connection.execute(_which_are_full(url), prepare=True).fetchall()
    # TRUNCATE makes a table and its indexes anew, which costs ten times more than to clear a few pages.
    if few := [_named(name) for name, pages in full if cast(int, pages) <= FEW]:
        connection.execute(sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(table) for table in few))
        connection.execute(sql.SQL("VACUUM ({}) {}").format(CLEARED, sql.SQL(", ").join(few)))
        full = connection.execute(_which_have_pages(url), prepare=True).fetchall()
    # No page may stay: later rows would fill its holes, and a table's order would hang on the tests before.
    if left := [_named(name) for name, _ in full]:
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(left)))


def _named(table: object) -> sql.Identifier:
    return sql.Identifier(*str(table).split("."))


@lru_cache
def _emptying(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """Return the connection that empties a database after every test: one that is new has all to learn."""
    # No trigger keeps a row from it.
    return psycopg.connect(_plain(url), autocommit=True, options="-csession_replication_role=replica")


@lru_cache
def _which_are_full(url: str) -> sql.Composed:
    return _asked_of_each(url, "SELECT {name}, {pages} WHERE EXISTS (SELECT 1 FROM {table})")


@lru_cache
def _which_have_pages(url: str) -> sql.Composed:
    return _asked_of_each(url, "SELECT {name}, {pages} WHERE {pages} > 0")


def _asked_of_each(url: str, question: LiteralString) -> sql.Composed:
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        tables = connection.execute(
            "SELECT schemaname, relname, relid FROM pg_stat_user_tables"
            " WHERE schemaname = ANY(%s) AND relname <> ALL(%s)",
            [list(SERVICES), list(KEEP)],
        ).fetchall()
    asked = [
        sql.SQL(question).format(
            name=sql.Literal(f"{schema}.{table}"),
            pages=sql.SQL("pg_relation_size({}::oid) / 8192").format(sql.Literal(number)),
            table=sql.Identifier(str(schema), str(table)),
        )
        for schema, table, number in tables
    ]
    return sql.SQL(" UNION ALL ").join(asked)


def with_name(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def worker_name() -> str:
    return f"wz_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


def _let_triggers_be_silenced(postgres: Postgres) -> None:
    with psycopg.connect(
        host=str(postgres.sockets),
        user=SUPERUSER,
        dbname="postgres",
        password=secrets.password(postgres.data, "superuser"),
        autocommit=True,
    ) as connection:
        connection.execute(
            sql.SQL("GRANT SET ON PARAMETER session_replication_role TO {}").format(sql.Identifier(DATABASE))
        )


def _make_template(url: str) -> None:
    with _admin(url) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    for service in SERVICES:
        system.service(service).upgrade(with_name(url, TEMPLATE))


def _admin(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(_plain(url), autocommit=True)


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
