"""The `weerzien` command."""

from __future__ import annotations

import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from local.account import LocalProblem
from services.commands.audit import audit
from services.commands.content import content
from services.commands.erase import erase
from services.commands.planners import app as planners
from services.commands.staff import app as staff
from services.commands.texts import app as texts
from services.terminal import DEFAULT_DATA, Data, console, problems, show


class PlainProblems(TyperGroup):
    """Says what went wrong in a line or two instead of showing a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except LocalProblem as problem:
            said = str(problem)
        except OSError as problem:
            if problem.filename is None:
                raise
            said = f"{problem.filename}: {problem.strerror}"
        except Exception as problem:
            if type(problem).__module__.partition(".")[0] not in ("sqlalchemy", "psycopg"):
                raise
            said = _of_database(getattr(problem, "orig", None) or problem)
        problems.print(said.strip(), style="red", soft_wrap=True, markup=False)
        sys.exit(1)


def _of_database(problem: BaseException) -> str:
    if type(problem).__name__ == "UndefinedTable":
        return "the tables are not there, or not all of them: run `weerzien migrate`"
    return f"the database refused: {problem}"


app = typer.Typer(
    cls=PlainProblems,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help="Weerzien: brings advice requests of families with a parent in detention to those who can help.",
)
directory = typer.Typer(no_args_is_help=True, help="Organisations and the services they offer.")
keys = typer.Typer(no_args_is_help=True, help="API keys.")
messages = typer.Typer(no_args_is_help=True, help="Texts and mail, and what became of them.")
contacts = typer.Typer(no_args_is_help=True, help="Numbers and addresses that must be left alone.")
dead_letters = typer.Typer(no_args_is_help=True, help="Events that a service gave up on.")
app.add_typer(directory, name="directory")
app.add_typer(keys, name="keys")
app.add_typer(messages, name="messages")
app.add_typer(contacts, name="contacts")
app.add_typer(dead_letters, name="dead-letters")
app.add_typer(staff, name="staff")
app.add_typer(planners, name="planners")
app.add_typer(audit, name="audit")
app.add_typer(texts, name="texts")
app.add_typer(content, name="content")
app.command()(erase)


class Service(StrEnum):
    INTAKE = "intake"
    REFERRAL = "referral"
    NOTIFY = "notify"


Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=1, max=65533, help="Intake's port; referral and notify follow.")]
Reached = Annotated[str, typer.Argument(help="A mobile number or an e-mail address.")]
Named = Annotated[Service, typer.Argument(help="Which service.")]


@app.command()
def up(
    data: Data = DEFAULT_DATA,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    sample: Annotated[bool, typer.Option("--sample", help="Load the sample directory first.")] = False,
) -> None:
    """Run the whole system on this machine until Ctrl-C."""
    from services.up import Options
    from services.up import up as run

    raise typer.Exit(run(Options(data, host, port, sample)))


@app.command()
def demo(
    data: Data = DEFAULT_DATA,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    once: Annotated[bool, typer.Option("--once", help="Stop after the journey.")] = False,
) -> None:
    """Follow one question to a delivered SMS, one to its written answer, and a call; show each step."""
    from services.demo import run
    from services.up import Options

    raise typer.Exit(run(Options(data, host, port, sample=True), once=once))


@app.command()
def migrate(data: Data = DEFAULT_DATA) -> None:
    """Bring the tables of all three services up to date, and their roles. Safe to run twice."""
    import os

    from services import system
    from services.installation import installation

    with installation(data, new=True):
        with_role = system.migrate(os.environ["WEERZIEN_DATABASE_URL"])
        for service in Service:
            role = ", with a role of its own" if service.value in with_role else ""
            console.print(f"{service.value} is up to date{role}")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A dump in the custom format.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Replace everything in the database by a dump. Afterwards: migrate, messages lapse, start."""
    from services.commands.restoring import restore as run
    from services.installation import installation

    with installation(data, new=True):
        run(file)
    console.print("restored; before anything starts: `weerzien migrate`, then `weerzien messages lapse`")


@directory.command("import")
def import_directory(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file.")],
    data: Data = DEFAULT_DATA,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
    ] = False,
) -> None:
    """Import organisations from a file. Wrong rows are reported; the others are imported."""
    from services.commands.directory import import_directory as run
    from services.installation import installation

    with installation(data, new=True):
        done = run(file, dry_run=dry_run)
    for mistake in done.mistakes:
        problems.print(f"not taken: {mistake}", style="red", markup=False, soft_wrap=True)
    told = f"{done.outcome.added} added, {done.outcome.changed} changed, {done.outcome.same} the same"
    if done.outcome.unreachable:
        told += f"; e-mail addresses lost: {done.outcome.unreachable}"
    console.print(f"{told} (nothing was kept: this was a dry run)" if dry_run else told)
    if number := done.outcome.incomplete:
        console.print(f"{number} of them get no referral yet: no agreement_signed, verified_on or email")
    raise typer.Exit(1 if done.mistakes else 0)


SCOPES = (
    "What it may do, such as desk, requests:write, visits:write or telephone (that one alone, for the address"
    " at which a telephone exchange tells of calls); can be repeated."
)


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    scope: Annotated[list[str], typer.Option("--scope", help=SCOPES)],
    data: Data = DEFAULT_DATA,
    organisation: Annotated[str | None, typer.Option(metavar="ID", help="Whose it is.")] = None,
    facility: Annotated[list[str] | None, typer.Option(metavar="ID", help="Whose visits it is for.")] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day on which it is valid.")
    ] = None,
    per_hour: Annotated[int | None, typer.Option(min=1, help="How much it may do in an hour.")] = None,
    per_day: Annotated[int | None, typer.Option(min=1, help="How much it may do in a day.")] = None,
) -> None:
    """Make an API key and print it once; only its hash is stored."""
    from services.commands.keys import create_key as run
    from services.installation import installation
    from shared.security.keystore import Owner

    last_day = until.date() if until else None
    owner = Owner(organisation, frozenset(facility or ()), last_day, per_hour, per_day)
    with installation(data, new=True):
        sys.stdout.write(run(name, scope, owner) + "\n")


@keys.command("list")
def list_keys(data: Data = DEFAULT_DATA) -> None:
    """List every key: id, name, scopes, whose it is, until when, and when made, last used and revoked."""
    from services.commands.keys import as_table
    from services.commands.keys import list_keys as run
    from services.installation import installation

    with installation(data):
        rows = run()
    # Whole ids also where no terminal says how wide it is.
    wide = console if console.is_terminal else Console(highlight=False, width=300)
    wide.print(as_table(rows))


@keys.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `keys list` names it: wz_ID_...")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Revoke a key and end the desk sessions that began with it. Idempotent."""
    from services.commands.keys import revoke_key as run
    from services.installation import installation

    with installation(data):
        run(key_id)
    console.print("revoked: within five seconds it opens nothing")


@keys.command("reencrypt")
def reencrypt(data: Data = DEFAULT_DATA) -> None:
    """Bring every encrypted value under the first of WEERZIEN_ENCRYPTION_KEYS. Safe to run twice."""
    from services.commands.keys import reencrypt as run
    from services.installation import installation

    with installation(data):
        for service, number in run().items():
            console.print(f"{service}: {number} values encrypted anew")


@messages.command("list")
def list_messages(
    data: Data = DEFAULT_DATA,
    state: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
) -> None:
    """List messages, the newest first."""
    from services.commands.messages import list_messages as run
    from services.installation import installation

    with installation(data):
        show(run(state, limit))


@messages.command("show")
def show_message(message_id: Annotated[str, typer.Argument(metavar="ID")], data: Data = DEFAULT_DATA) -> None:
    """Show one message with its attempts."""
    from services.commands.messages import show_message as run
    from services.installation import installation

    with installation(data):
        message, attempts = run(message_id)
        for name, value in message.items():
            console.print(f"{name}: {value}", markup=False)
        show(attempts)


@messages.command("lapse")
def lapse_messages(data: Data = DEFAULT_DATA) -> None:
    """After a restore, before anything starts: leave what was due, and may have gone, to a person."""
    from services.commands.restoring import lapse as run
    from services.installation import installation

    with installation(data):
        console.print(f"{run()} texts do not go by themselves: they are on the desk of notify")


@contacts.command("stop")
def leave_alone(address: Reached, data: Data = DEFAULT_DATA) -> None:
    """Stop sending to this number or address, as its owner asked by mail or by telephone."""
    from services.commands.contacts import leave_alone as run
    from services.installation import installation

    with installation(data):
        console.print("left alone from now on" if run(address) else "was left alone already")


@contacts.command("resume")
def write_again(address: Reached, data: Data = DEFAULT_DATA) -> None:
    """Resume sending to this number or address, as its owner asked."""
    from services.commands.contacts import write_again as run
    from services.installation import installation

    with installation(data):
        console.print("is written to again" if run(address) else "was not left alone")


@dead_letters.command("list")
def list_dead_letters(data: Data = DEFAULT_DATA) -> None:
    """List the events that every service has given up on."""
    from services.commands.dead_letters import list_dead_letters as run
    from services.installation import installation

    with installation(data):
        show(run())


@dead_letters.command("replay")
def replay_dead_letters(
    ids: Annotated[list[int] | None, typer.Argument(help="The ids to deliver; all if left out.")] = None,
    service: Annotated[Service | None, typer.Option(help="Only those of this service.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Deliver again. A subscriber ignores what it has done already."""
    from services.commands.dead_letters import replay_dead_letters as run
    from services.installation import installation

    if ids and not service:
        raise typer.BadParameter("ids are those of one service: give --service as well")
    with installation(data):
        console.print(f"{run(ids, service.value if service else None)} on their way again")


@app.command()
def doctor(data: Data = DEFAULT_DATA) -> None:
    """Say what is misconfigured, in words; exit code 1 if anything is."""
    from local.environment import running_environment
    from services.doctor import examine
    from services.installation import installation

    marks = {"good": "[green]good [/]", "notice": "[yellow]note [/]", "wrong": "[red]wrong[/]"}
    running = running_environment(data) is not None
    with installation(data):
        found = list(examine(data, running=running))
    for finding in found:
        console.print(f"{marks[finding.grade]} ", end="")
        console.print(finding.text, markup=False, soft_wrap=True)
    raise typer.Exit(int(any(finding.grade == "wrong" for finding in found)))


@app.command()
def web(
    service: Named,
    data: Data = DEFAULT_DATA,
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8000,
) -> None:
    """Serve one service, with settings from the environment."""
    from services import system
    from services.installation import use_running

    use_running(data)
    raise typer.Exit(system.web(service.value, host=host, port=port))


@app.command()
def worker(
    service: Named,
    data: Data = DEFAULT_DATA,
    with_dispatcher: Annotated[bool, typer.Option("--with-dispatcher")] = False,
) -> None:
    """Do the work of one service's queues, with settings from the environment."""
    from services import system
    from services.installation import use_running

    use_running(data)
    raise typer.Exit(system.work(service.value, with_dispatcher=with_dispatcher))


@app.command()
def dispatcher(service: Named, data: Data = DEFAULT_DATA) -> None:
    """Hand out one service's events and due work, with settings from the environment."""
    from services import system
    from services.installation import use_running

    use_running(data)
    raise typer.Exit(system.dispatch(service.value))


class Role(StrEnum):
    WORKER = "worker"
    DISPATCHER = "dispatcher"


@app.command()
def alive(service: Named, role: Role, data: Data = DEFAULT_DATA) -> None:
    """Tell whether a worker or dispatcher was seen within 30 seconds; for health checks of containers."""
    from services.alive import is_seen

    seen = is_seen(data, service.value, role.value)
    console.print(f"{role.value} of {service.value}: {'alive' if seen else 'not seen for 30 seconds'}")
    raise typer.Exit(0 if seen else 1)


if __name__ == "__main__":
    app()
