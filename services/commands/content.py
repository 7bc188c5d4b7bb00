"""Pages of guidance: whether they can be read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from services.terminal import DEFAULT_DATA, Data, console, problems

content = typer.Typer(no_args_is_help=True, help="Pages of guidance.")


@content.callback()
def _group() -> None:
    """Keep `lint` a command of its own, also while it is the only one."""


@content.command()
def lint(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder of the centre's own; by default WEERZIEN_CONTENT_DIR.")
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Name all that is to be corrected in pages: heads, links, drawings, and how easy they are to read.

    Exit code 1 if there is anything.
    """
    from services.installation import use_running
    from services.intake.guidance import lint as checks

    use_running(data)
    folders = checks.folders_for(str(folder or ""), os.environ.get("WEERZIEN_CONTENT_DIR", ""))
    found = checks.in_words(checks.lint(folders))
    for one in found:
        problems.print(one, style="red", soft_wrap=True, markup=False, highlight=False)
    where = ", ".join(map(str, folders))
    said = f"{len(found)} to correct" if found else "in order"
    console.print(f"{said} in {where}", soft_wrap=True, markup=False, highlight=False)
    raise typer.Exit(bool(found))
