"""The commands `weerzien staff ...`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from services.terminal import DEFAULT_DATA, Data, console, problems, show

LASTS = "This link works once, for 24 hours, and is not shown again. Whoever has it becomes this person."
app = typer.Typer(no_args_is_help=True, help="People who work here, and how they sign in.")
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address that they sign in with.")]


@app.command("add")
def add_person(
    name: Annotated[str, typer.Argument(help="What colleagues call them.")],
    email: Annotated[str, typer.Option("--email", help="The address that they sign in with.")],
    role: Annotated[list[str], typer.Option("--role", help="Such as adviser or operator; can be repeated.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Take somebody in and print their set-up link once; of who is here already, change name and roles."""
    from services.commands.people import add
    from services.installation import installation

    with installation(data, new=True):
        _print_link(add(name, email, role))


@app.command("list")
def list_people(data: Data = DEFAULT_DATA) -> None:
    """List everybody who works here, with their roles, whether they can sign in, and when they last did."""
    from services.commands.people import list_people as run
    from services.installation import installation

    with installation(data):
        show(run())


@app.command("disable")
def disable_person(email: Email, data: Data = DEFAULT_DATA) -> None:
    """End somebody's access and sessions at once; their name stays with what they did. Idempotent."""
    from services.commands.people import disable
    from services.installation import installation

    with installation(data):
        disable(email)
    console.print("disabled: signed out everywhere, and let in no more")


@app.command("enable")
def enable_person(email: Email, data: Data = DEFAULT_DATA) -> None:
    """Let somebody in again by the means that they had. Idempotent."""
    from services.commands.people import enable
    from services.installation import installation

    with installation(data):
        enable(email)
    console.print("enabled: signs in as before")


@app.command("reset")
def reset_person(email: Email, data: Data = DEFAULT_DATA) -> None:
    """Take away what somebody signs in with, end their sessions, and print a new set-up link once."""
    from services.commands.people import reset
    from services.installation import installation

    with installation(data):
        _print_link(reset(email))


def _print_link(address: str | None) -> None:
    if address is None:
        console.print(
            "is here already: name and roles are kept as given; `weerzien staff reset` makes a new link"
        )
        return
    sys.stdout.write(f"{address}\n")
    problems.print(LASTS, soft_wrap=True)
