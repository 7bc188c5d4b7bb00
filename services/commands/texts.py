"""The commands `weerzien texts ...`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from services.terminal import console, show

app = typer.Typer(no_args_is_help=True, help="What people read, in each of our languages.")


@app.command("missing")
def show_missing(
    language: Annotated[str, typer.Argument(help="Its code, such as fr; without it, every language.")] = "",
) -> None:
    """List each text that is not there, not finished, or older than the Dutch, room by room; 1 if any is."""
    from services.commands.translating import missing

    found = [asdict(one) for one in missing() if language in ("", one.language)]
    show(found)
    sys.exit(1 if found else 0)


@app.command("update")
def make_room() -> None:
    """Put the Dutch of today beside every text, and an empty place for each that is not there yet.

    A text that was older than its Dutch counts as looked at from then on.
    """
    from services.commands.translating import update

    update()
    console.print("every language has a place for what is said in Dutch")
