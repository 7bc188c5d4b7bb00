"""Many rows of a table in one statement with one parameter, which the server takes apart.

SQLAlchemy's own INSERT binds each value of each row in Python: an advice request among 32 takes 101 µs of a
web process so, and 61 here, of about 950 for the whole request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import Column, LargeBinary, Table, text
from sqlalchemy.dialects.postgresql import dialect
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from shared.database.encrypted import Encrypted

POSTGRESQL = dialect()  # type: ignore[no-untyped-call]
Kept = Callable[[Any], Any]


class InsertAtOnce:
    """Inserts rows into a table; a column that a row does not name becomes NULL.

    Values go through the column's type, so what is encrypted at rest is encrypted here too, for the row whose
    `id` is given. Raises what an INSERT raises; then no row is inserted. `unless_known` names a unique
    column: a row whose value there is in the table already is left out. Does not commit.
    """

    def __init__(self, table: Table, *, unless_known: str | None = None) -> None:
        sealed = {one.name: one.type for one in table.columns if isinstance(one.type, Encrypted)}
        self._sealed = tuple(sealed.items())
        self._columns = [(one.name, _as_kept(one)) for one in table.columns if one.name not in sealed]
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        self._statement = text(
            f"INSERT INTO {table.name} ({names}) "
            f"SELECT {names} FROM jsonb_populate_recordset(NULL::{table.name}, CAST(:rows AS jsonb))"
            + (f" ON CONFLICT ({unless_known}) DO NOTHING" if unless_known else "")
            + " RETURNING id"
        )

    def __call__(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
        """Insert the rows and return the ids of those that are new."""
        if not rows:
            return set()
        kept = as_json([self._kept(row) for row in rows])
        return set(session.execute(self._statement, {"rows": kept}).scalars())

    def _kept(self, row: Mapping[str, Any]) -> dict[str, Any]:
        kept = {name: kept(row.get(name)) if kept else row.get(name) for name, kept in self._columns}
        for name, kind in self._sealed:
            if row.get(name) is not None:
                kept[name] = _hex(kind.sealed(row["id"], row[name]))
        return kept


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as one parameter: moments with their zone, identifiers as text."""
    return to_json(rows).decode()


def _as_kept(column: Column[Any]) -> Kept | None:
    kind = column.type
    if not isinstance(kind, TypeDecorator):
        return _hex if isinstance(kind, LargeBinary) else None
    if type(kind).process_bind_param is TypeDecorator.process_bind_param:
        return None
    bind = partial(kind.process_bind_param, dialect=POSTGRESQL)
    return (lambda value: _hex(bind(value))) if isinstance(kind.impl_instance, LargeBinary) else bind


def _hex(value: bytes | None) -> str | None:
    return None if value is None else f"\\x{value.hex()}"
