"""Text that is readable only with the installation's keys."""

from __future__ import annotations

from sqlalchemy import Column, Dialect, LargeBinary, MetaData, Table, func, select, type_coerce, update
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from shared import crypto


class Encrypted(TypeDecorator[str]):
    """Text in, text out; AES-256-GCM at rest with the id of its key. `context` is `table.column`."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else crypto.keyring().encrypt(value, self.context)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else crypto.keyring().decrypt(bytes(value), self.context)


def reencrypt(session: Session, metadata: MetaData, *, batch: int = 500) -> int:
    """Encrypt every value anew with the first key of the list; returns how many values that were.

    Commits after each batch. Idempotent, and safe to stop half-way or to run while the system works: a row is
    locked while it changes.
    """
    done = 0
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, Encrypted):
                done += _column(session, table, column, column.type, batch)
    return done


def _column(session: Session, table: Table, column: Column[str], kind: Encrypted, batch: int) -> int:
    key = next(iter(table.primary_key.columns))
    raw = type_coerce(column, LargeBinary)
    current = crypto.keyring().current.encode()
    prefix = bytes([len(current)]) + current
    done = 0
    while True:
        rows = session.execute(
            select(key, column)
            .where(column.is_not(None), func.substring(raw, 1, len(prefix)) != prefix)
            .limit(batch)
            .with_for_update(skip_locked=True)
        ).all()
        for row in rows:
            session.execute(update(table).where(key == row[0]).values({column.name: row[1]}))
        session.commit()
        done += len(rows)
        if not rows:
            return done
