"""Brings a service's schema up to date.

Two lines of migrations per schema: the tables that every service has, and the service's own. Changes only
add, so that the old version runs against the new schema while it is being replaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, text

from shared.database.engine import make_engine

HERE = Path(__file__).parent
LOCK = 7_304_115_902
VERSION_TABLES = ("common_version", "alembic_version")


@dataclass(frozen=True)
class Line:
    """One line of migrations: the folder of its versions, and the table that records how far a schema is."""

    versions: Path
    version_table: str


def lines(versions: Path) -> tuple[Line, Line]:
    """`versions` is the folder of the service's own migrations."""
    common, own = VERSION_TABLES
    return Line(HERE / "versions", common), Line(versions, own)


def upgrade(database_url: str, service: str, versions: Path) -> None:
    """Create the service's schema if needed and bring it up to date, in one transaction.

    Idempotent, and safe in several processes at once: they take turns. Leaves a schema of a newer version as
    it is. Raises what PostgreSQL raises.
    """
    engine = make_engine(database_url, service, pool_size=1)
    try:
        with engine.begin() as connection:
            # A migration waits for its turn and may take as long as it needs.
            for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
                connection.execute(text(f"SET LOCAL {name} = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            connection.execute(text("SET LOCAL lock_timeout = '30s'"))
            connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{service}"'))
            for line in lines(versions):
                if _is_behind(connection, line):
                    command.upgrade(config(line, connection), "head")
    finally:
        engine.dispose()


def up_to_date(engine: Engine, versions: Path) -> bool:
    """True if the schema has all that this version of the program needs; a newer schema has that too."""
    with engine.connect() as connection:
        return not any(_is_behind(connection, line) for line in lines(versions))


def _is_behind(connection: Connection, line: Line) -> bool:
    """Tell whether the line has versions to run. A version that this program does not know is a newer one."""
    version = _version(connection, line)
    return version is None or version in known(line) - {head(line)}


def config(line: Line, connection: Connection, metadata: MetaData | None = None) -> Config:
    made = Config()
    made.set_main_option("script_location", str(HERE / "alembic"))
    made.set_main_option("path_separator", "newline")
    made.set_main_option("version_locations", str(line.versions))
    made.attributes.update(connection=connection, version_table=line.version_table, metadata=metadata)
    return made


@lru_cache(maxsize=8)
def head(line: Line) -> str | None:
    return _scripts(line).get_current_head()


@lru_cache(maxsize=8)
def known(line: Line) -> frozenset[str]:
    return frozenset(script.revision for script in _scripts(line).walk_revisions())


def _scripts(line: Line) -> ScriptDirectory:
    made = Config()
    made.set_main_option("script_location", str(HERE / "alembic"))
    made.set_main_option("path_separator", "newline")
    made.set_main_option("version_locations", str(line.versions))
    return ScriptDirectory.from_config(made)


def _version(connection: Connection, line: Line) -> str | None:
    """Return the version of the schema, or None if this line has not begun."""
    table = connection.execute(
        text("SELECT to_regclass(current_schema() || '.' || :name)"), {"name": line.version_table}
    ).scalar()
    if table is None:
        return None
    version = connection.execute(text(f"SELECT version_num FROM {line.version_table}")).scalar()
    return None if version is None else str(version)
