"""Makes what a test has just done lie in the past, for what is judged by the database's own clock."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, text
from sqlmodel import Session


def set_back(where: Connection | Session, table: str, column: str, age: timedelta) -> None:
    """Every moment in this column becomes so long ago, counted from now; what has none keeps none.

    Commits nothing.
    """
    moved = f"UPDATE {table} SET {column} = clock_timestamp() - :age WHERE {column} IS NOT NULL"
    where.execute(text(moved), {"age": age})
