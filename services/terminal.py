"""What commands print, and the option that all of them have."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

console = Console(highlight=False)
problems = Console(stderr=True, highlight=False)
Data = Annotated[
    Path, typer.Option("--data", envvar="WEERZIEN_DATA", help="The folder of this installation.")
]
DEFAULT_DATA = Path(".weerzien")


def show(rows: list[dict[str, Any]]) -> None:
    """Print a table for people at a terminal, tab-separated lines for programs."""
    if not rows:
        console.print("none")
        return
    if not console.is_terminal:
        lines = [list(rows[0]), *([_word(value) for value in row.values()] for row in rows)]
        sys.stdout.writelines("\t".join(line) + "\n" for line in lines)
        return
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(_word(value) for value in row.values()))
    console.print(table)


def _word(value: object) -> str:
    return "" if value is None else str(value)
