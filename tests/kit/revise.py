"""Write the next migration from the tables: `python -m tests.kit.revise SERVICE|common MESSAGE`.

It starts a database of its own, brings it up to date, and compares. Read the result before you keep it.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import Connection, MetaData
from sqlalchemy.types import TypeDecorator

from local.postgres import Postgres
from services import system
from shared.database import migrate
from shared.database.common import COMMON
from shared.database.engine import make_engine


def tables_of(target: str) -> MetaData:
    if target == "common":
        return COMMON
    metadata: MetaData = importlib.import_module(f"services.{target}.service").SERVICE.base.metadata
    return metadata


def only(metadata: MetaData) -> Any:
    """Compare these tables only: the other line of migrations has its own."""

    def include(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
        table = name if kind == "table" else thing.table.name
        return table in metadata.tables

    return include


def render(kind: str, thing: Any, context: Any) -> str | bool:
    """Write our column types as the database's, so that migrations do not depend on code that changes."""
    if kind == "type" and isinstance(thing, TypeDecorator):
        return "sa.DateTime(timezone=True)" if "DateTime" in repr(thing.impl) else f"sa.{thing.impl!r}"
    return False


def write(connection: Connection, target: str, message: str) -> None:
    service = "intake" if target == "common" else target
    line = migrate.lines(system.service(service).versions)[0 if target == "common" else 1]
    line.versions.mkdir(parents=True, exist_ok=True)
    number = len(list(line.versions.glob("[0-9]*.py"))) + 1
    metadata = tables_of(target)
    config = migrate.config(line, connection, metadata)
    config.attributes.update(include_object=only(metadata), render_item=render)
    slug = "_".join(message.lower().split())
    config.set_main_option("file_template", f"{number:04d}_{slug}")
    made = command.revision(
        config,
        message,
        autogenerate=True,
        rev_id=f"{target}_{number:04d}",
        version_path=str(line.versions),
    )
    tidy(Path(made.path))  # type: ignore[union-attr]


def tidy(path: Path) -> None:
    kept = [line for line in path.read_text().splitlines() if not line.strip().startswith("# ###")]
    path.write_text("\n".join(kept) + "\n")
    for arguments in (["check", "--fix", "--quiet"], ["format", "--quiet"]):
        subprocess.run([Path(sys.executable).parent / "ruff", *arguments, path], check=False)


def main(arguments: Sequence[str]) -> None:
    target, message = arguments[0], " ".join(arguments[1:])
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres(Path(folder) / "data")
        url = server.start()
        try:
            service = "intake" if target == "common" else target
            engine = make_engine(url, service, pool_size=1)
            with engine.begin() as connection:
                connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{service}"')
                for line in migrate.lines(system.service(service).versions):
                    if line.versions.exists() and migrate.head(line):
                        command.upgrade(migrate.config(line, connection), "head")
            with engine.begin() as connection:
                write(connection, target, message)
            engine.dispose()
        finally:
            server.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
