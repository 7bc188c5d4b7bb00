"""Whether the audit is as it was written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from services.terminal import DEFAULT_DATA, Data, console, problems
from shared.events.services import SERVICES

if TYPE_CHECKING:
    from shared.audit.chain import Verified

audit = typer.Typer(no_args_is_help=True, help="Who did what, and whether that is as it was written.")


@audit.callback()
def _group() -> None:
    """Keep `verify` a command of its own, also while it is the only one."""


@audit.command()
def verify(data: Data = DEFAULT_DATA) -> None:
    """Go through each service's audit, link by link, and print its last hash, to be kept elsewhere.

    Exit code 1 if anything was changed, taken away or slipped in, with the row where.
    """
    from services.installation import installation

    wrong = False
    with installation(data):
        for service, verified in run():
            wrong = wrong or bool(verified.flaws)
            _tell(service, verified)
    raise typer.Exit(int(wrong))


def run() -> Iterator[tuple[str, Verified]]:
    from services.installation import session
    from shared.audit import chain

    for service in SERVICES:
        with session(service) as opened:
            yield service, chain.verify(opened)


def _tell(service: str, verified: Verified) -> None:
    for flaw in verified.flaws:
        where = "" if flaw.number is None else f" {flaw.number}"
        problems.print(f"{service}: row{where} ({flaw.entry_id}): {flaw.wrong}", style="red", soft_wrap=True)
    state = "not as it was written" if verified.flaws else "as it was written"
    console.print(
        f"{service}: {verified.entries} rows, {state}; last hash {verified.last.hex()}", soft_wrap=True
    )
