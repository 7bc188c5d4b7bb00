"""Move what a test has just done into the past, for decisions made by the database's own clock."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, text
from sqlmodel import Session


def set_back(where: Connection | Session, table: str, column: str, age: timedelta) -> None:
    """Set every moment in this column to `age` before now; NULL stays NULL. Does not commit."""
    moved = f"UPDATE {table} SET {column} = clock_timestamp() - :age WHERE {column} IS NOT NULL"
    where.execute(text(moved), {"age": age})
