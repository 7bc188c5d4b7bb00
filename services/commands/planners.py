"""The commands `weerzien planners ...`."""

from __future__ import annotations

from typing import Annotated

import typer

from services.terminal import DEFAULT_DATA, Data, console, show

app = typer.Typer(no_args_is_help=True, help="Who plans the visit days of a prison, and signs in by mail.")
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address at which they get a link.")]


@app.command("add")
def add_planner(
    email: Email,
    facility: Annotated[list[str], typer.Option("--facility", metavar="ID", help="Theirs; can be repeated.")],
    name: Annotated[str, typer.Option("--name", help="What they are called.")] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Let somebody plan visits at these facilities and no others, also who is here already."""
    from services.commands.planning import add
    from services.installation import installation

    with installation(data, new=True):
        is_new, page = add(email, facility, name)
    done, theirs = "added" if is_new else "was here already, and is now", ", ".join(sorted(set(facility)))
    console.print(f"{done}: for {theirs}; they ask for a link at {page}", soft_wrap=True)


@app.command("list")
def list_planners(data: Data = DEFAULT_DATA) -> None:
    """List every planner, with their facilities, whether they may come in, and when they last did."""
    from services.commands.planning import list_planners as run
    from services.installation import installation

    with installation(data):
        show(run())


@app.command("disable")
def disable_planner(email: Email, data: Data = DEFAULT_DATA) -> None:
    """End somebody's access and sessions at once. Idempotent."""
    from services.commands.planning import disable
    from services.installation import installation

    with installation(data):
        disable(email)
    console.print("disabled: signed out everywhere, and let in no more")


@app.command("enable")
def enable_planner(email: Email, data: Data = DEFAULT_DATA) -> None:
    """Let somebody in again, for the facilities that they had. Idempotent."""
    from services.commands.planning import enable
    from services.installation import installation

    with installation(data):
        enable(email)
    console.print("enabled: asks for a link as before")
