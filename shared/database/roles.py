"""A role for each service: it reads and writes its own schema alone, and cannot change a table."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from shared.database.migrate import LOCK, VERSION_TABLES

Connection = psycopg.Connection[tuple[object, ...]]
# What somebody did is added to the audit; the database itself links it to what was there.
ONLY_ADDED_TO = ("audit_entries",)
ONLY_READ = ("audit_chain",)


def prepare(owner_url: str, urls: Mapping[str, str]) -> list[str]:
    """Make or mend the role that each service's address names, and return the services that have one.

    `urls` is by service; one that names the owner itself has no role of its own. Call it after every change
    of tables: the rights are those to the tables that there are. Idempotent. Raises what PostgreSQL raises:
    the owner must be allowed to make roles, or somebody who is has made them before.
    """
    owner = make_url(owner_url)
    own = {name: make_url(url) for name, url in urls.items() if make_url(url).username != owner.username}
    if not own:
        return []
    plain = owner.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, connect_timeout=5) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        # A temporary table is a table too.
        _run(connection, "REVOKE CREATE, TEMPORARY ON DATABASE {} FROM PUBLIC", connection.info.dbname)
        for service, url in own.items():
            assert url.username is not None
            _make(connection, url.username, url.password or "")
            _allow(connection, url.username, service)
    return list(own)


def _make(connection: Connection, role: str, password: str) -> None:
    """Make the role, or give it this password. Only a verifier of the password goes to the server's log."""
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    if not known:
        _run(connection, "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT", role)
    if not password:
        return
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), verifier)
    try:
        with connection.transaction():
            connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        # Somebody else made this role, with a password of their own.
        if not known:
            raise


def _allow(connection: Connection, role: str, service: str) -> None:
    _run(connection, "GRANT CONNECT ON DATABASE {} TO {}", connection.info.dbname, role)
    _run(connection, "GRANT USAGE ON SCHEMA {} TO {}", service, role)
    _run(connection, "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {} TO {}", service, role)
    _run(connection, "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {} TO {}", service, role)
    for table in (*VERSION_TABLES, *ONLY_READ):
        _run(connection, "REVOKE INSERT, UPDATE, DELETE ON {}.{} FROM {}", service, table, role)
    for table in ONLY_ADDED_TO:
        _run(connection, "REVOKE UPDATE, DELETE ON {}.{} FROM {}", service, table, role)


def _run(connection: Connection, statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
