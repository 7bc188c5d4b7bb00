from __future__ import annotations

import psycopg
import pytest

from tests.kit import databases


# A table with few rows is cleared, one with many is made anew.
@pytest.mark.parametrize("rows", [3, 20_000])
def test_of_a_test_before_neither_a_row_nor_a_hole_is_left(postgres: str, rows: int) -> None:
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            "INSERT INTO intake.audit_entries (id, at, who, deed, about, why)"
            " SELECT gen_random_uuid(), now(), 'a', 'b', 'c', 'd' FROM generate_series(1, 3)"
        )
        connection.execute(
            "INSERT INTO notify.heartbeats (name, at) SELECT n::text, now() FROM generate_series(1, %s) n",
            [rows],
        )
        databases.empty(postgres)
        for table in ("intake.audit_entries", "intake.audit_chain", "notify.heartbeats"):
            assert connection.execute(f"SELECT pg_relation_size('{table}')").fetchone() == (0,), table
