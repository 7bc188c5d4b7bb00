"""Whoever reads the page on privacy reads of everything that is kept."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Table

from services import system
from shared.database.common import COMMON
from shared.database.encrypted import Encrypted
from shared.events.services import SERVICES
from tests.kit.system import ROOT

PAGE = (ROOT / "docs" / "privacy.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("|")]
TABLES = {
    **{
        f"{name}.{table}": kept
        for name in SERVICES
        for table, kept in system.service(name).base.metadata.tables.items()
    },
    **COMMON.tables,
}


def about(name: str) -> list[str]:
    return [row for row in ROWS if f"`{name}`" in row or f".{name}`" in row]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_is_accounted_for(name: str) -> None:
    assert about(name), f"docs/privacy.md says nothing of {name}"


@pytest.mark.parametrize("name", sorted(TABLES))
def test_what_is_encrypted_is_said_to_be(name: str) -> None:
    table: Table = TABLES[name]
    hidden = any(isinstance(column.type, Encrypted) for column in table.columns)
    assert not hidden or any("encrypted" in row for row in about(name))


def test_no_table_is_described_that_is_not_there() -> None:
    named = {name for row in ROWS for name in re.findall(r"`((?:intake|referral|notify)\.\w+)`", row)}
    common = {f"{service}.{name}" for service in SERVICES for name in COMMON.tables}
    assert named <= set(TABLES) | common
