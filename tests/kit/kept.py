"""Everything that the three services keep, in the clear, to look for what should not be there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date, time
from typing import Any

from sqlalchemy import MetaData, select

from services import system
from shared.database.common import COMMON
from shared.events.services import SERVICES
from shared.runtime import Runtime


def places(
    runtime_for: Callable[[str], Runtime], wanted: Collection[str | bytes], *, but: Collection[str] = ()
) -> list[str]:
    """Return where any of this stands, as `service.table.column`, except in the tables in `but`."""
    found = {
        f"{service}.{table}.{column}"
        for service, table, column, value in cells(runtime_for)
        if table not in but and any(_holds(value, one) for one in wanted)
    }
    return sorted(found)


def cells(runtime_for: Callable[[str], Runtime]) -> Iterator[tuple[str, str, str, Any]]:
    for service in SERVICES:
        tables: list[MetaData] = [system.service(service).base.metadata, COMMON]
        with runtime_for(service).sessions() as session:
            for metadata in tables:
                for table in metadata.sorted_tables:
                    for row in session.execute(select(table)):
                        for column, value in row._mapping.items():
                            yield service, table.name, column, value


def _holds(value: Any, wanted: str | bytes) -> bool:
    if isinstance(value, date | time):
        return False  # of the figures of a moment some are a postcode by chance
    if isinstance(wanted, bytes):
        return isinstance(value, bytes | memoryview) and bytes(value) == wanted
    return value is not None and not isinstance(value, bytes | memoryview) and wanted in str(value)
