"""Emptying and deleting rows, a bounded number at a time and without waiting for anybody who holds one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, delete, select, update
from sqlmodel import Session, SQLModel

from shared.database.encrypted import EMPTY, Encrypted

Rows = type[SQLModel] | Table


def table_of(kind: Rows) -> Table:
    return kind if isinstance(kind, Table) else kind.__table__  # type: ignore[attr-defined]


def some_ids(session: Session, kind: Rows, where: ColumnElement[bool], limit: int) -> list[Any]:
    """Lock at most `limit` of these rows, in one order everywhere, and return their keys."""
    [key] = table_of(kind).primary_key.columns
    chosen = select(key).where(where).order_by(key).limit(limit).with_for_update(skip_locked=True)
    return list(session.execute(chosen).scalars())


def delete_some(session: Session, kind: Rows, where: ColumnElement[bool], limit: int) -> int:
    """Delete at most `limit` of these rows and return how many. Does not commit."""
    table, ids = table_of(kind), some_ids(session, kind, where, limit)
    [key] = table.primary_key.columns
    if ids:
        session.execute(delete(table).where(key.in_(ids)))
    return len(ids)


def empty_rows(session: Session, kind: Rows, ids: Sequence[UUID], values: Mapping[str, Any]) -> int:
    """Empty everything that is encrypted in these rows, set `values`, and return how many there were.

    What is encrypted is what a person said or is called: a column that is added later is emptied too.
    """
    table = table_of(kind)
    [key] = table.primary_key.columns
    if not ids:
        return 0
    done = session.execute(
        update(table).where(key.in_(ids)).values({**emptied(table), **values}).returning(key)
    )
    return len(done.all())


def emptied(table: Table) -> dict[str, Any]:
    hidden: Iterable[Any] = (column for column in table.columns if isinstance(column.type, Encrypted))
    return {column.name: None if column.nullable else EMPTY for column in hidden}
