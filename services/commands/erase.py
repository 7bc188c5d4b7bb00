"""The command `weerzien erase`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from services.terminal import DEFAULT_DATA, Data, console, show


def erase(
    who: Annotated[
        str | None, typer.Argument(metavar="REFERENCE|NUMBER|ADDRESS", help="By what the person is known.")
    ] = None,
    data: Data = DEFAULT_DATA,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say how many of what, and change nothing.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="After a restore: everybody who was erased before.")
    ] = False,
    journal: Annotated[
        Path | None, typer.Option("--journal", exists=True, help="With --again: a copy of the journal.")
    ] = None,
    copy_journal: Annotated[
        bool, typer.Option("--copy-journal", help="Print the journal, to keep beside the backups.")
    ] = False,
) -> None:
    """Erase a person everywhere. A number or an address means all that is kept at it. Safe to run twice."""
    from services.commands import erasing
    from services.installation import installation

    if sum((who is not None, again, copy_journal)) != 1:
        raise typer.BadParameter("give a reference, a number or an address, or --again, or --copy-journal")
    with installation(data):
        if copy_journal:
            sys.stdout.writelines(f"{line}\n" for line in erasing.copy_of_journal())
            return
        if who is not None:
            counts = erasing.erase(who, dry_run=dry_run)
        else:
            counts = erasing.erase_again(journal.read_text().splitlines() if journal else ())
    show([{"kind": kind, "number": number} for kind, number in counts.items()])
    if dry_run:
        console.print("nothing was changed: this was a dry run")
