"""Text that is readable only with the installation's keys, and only in the row that it was written to."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Dialect,
    LargeBinary,
    MetaData,
    Table,
    event,
    func,
    literal,
    select,
    type_coerce,
    update,
)
from sqlalchemy.orm import Mapper, Session, attributes
from sqlalchemy.types import TypeDecorator

from shared import crypto

ID_BYTES = 16
# What a column that may not be null holds once it was emptied; it reads as "" in every row.
EMPTY = literal(b"", LargeBinary)


class OfRow(str):
    """Text that belongs to one row, and can be encrypted for that row alone."""

    row: UUID


def of_row(row: UUID, text: str | None) -> str | None:
    """Say to which row a text belongs. What the ORM writes is told by itself; other statements use this."""
    if text is None:
        return None
    bound = OfRow(text)
    bound.row = row
    return bound


class Encrypted(TypeDecorator[str]):
    """Text in, text out; AES-256-GCM at rest with the id of its key. `context` is `table.column`.

    A value is bound to its row: copied into another row or column it cannot be read. So it is read together
    with the id of its row, and a text that does not say its row is not written: that raises TypeError.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def sealed(self, row: UUID, text: str) -> bytes:
        """Encrypt for this row."""
        return crypto.keyring().encrypt(text, self.context, row.bytes)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        if not isinstance(value, OfRow):
            raise TypeError(f"{self.context}: say with `of_row` to which row this text belongs")
        return self.sealed(value.row, value)

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        table: Any = column.table
        [key] = table.primary_key.columns
        with_row = func.uuid_send(key).op("||")(type_coerce(column, LargeBinary))
        return type_coerce(with_row, self)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        row, kept = bytes(value[:ID_BYTES]), bytes(value[ID_BYTES:])
        if not kept:  # emptied: see `EMPTY`
            return ""
        return crypto.keyring().decrypt(kept, self.context, row)


@lru_cache(maxsize=256)
def _encrypted(mapper: Mapper[Any]) -> tuple[str, ...]:
    return tuple(
        mapper.get_property_by_column(column).key
        for column in mapper.columns
        if isinstance(column.type, Encrypted)
    )


@event.listens_for(Mapper, "before_insert")
@event.listens_for(Mapper, "before_update")
def _tell_the_row(mapper: Mapper[Any], connection: object, target: Any) -> None:
    """Tell each text that the ORM is about to write to which row it belongs."""
    names = _encrypted(mapper)
    if not names:
        return
    [row] = mapper.primary_key_from_instance(target)
    kept = attributes.instance_dict(target)
    for name in names:
        if kept.get(name) is not None:
            kept[name] = of_row(row, kept[name])


def reencrypt(session: Session, metadata: MetaData, *, batch: int = 500) -> int:
    """Encrypt every value anew with the first key of the list; returns how many values that were.

    A value from before values were bound to their rows is bound now. Commits after each batch. Idempotent,
    and safe to stop half-way or to run while the system works: a row is locked while it changes.
    """
    done = 0
    # Only a connection knows in which form values are written now.
    session.connection()
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Encrypted):
                done += _column(session, table, column, batch)
    return done


def _column(session: Session, table: Table, column: Column[str], batch: int) -> int:
    [key] = table.primary_key.columns
    raw = type_coerce(column, LargeBinary)
    prefix = crypto.keyring().prefix
    done = 0
    while True:
        rows = session.execute(
            select(key, column)
            .where(func.length(raw) > 0, func.substring(raw, 1, len(prefix)) != prefix)
            .limit(batch)
            .with_for_update(skip_locked=True)
        ).all()
        for id, text in rows:
            session.execute(update(table).where(key == id).values({column.name: of_row(id, text)}))
        session.commit()
        done += len(rows)
        if not rows:
            return done
