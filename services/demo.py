"""`weerzien demo`: a question to a delivered SMS, one by the form to its answer, and a call, by HTTP."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import partial
from itertools import chain
from zoneinfo import ZoneInfo

import holidays
import httpx
from rich.console import Console

from local.account import LocalProblem
from services.journey import Journey, Sites, StepFailed
from services.journey_at_desk import AtDesk
from services.notify.channels.providers import OURS, SETTINGS
from services.up import Options, up
from shared.settings import read_secret_files

HOME = ZoneInfo("Europe/Amsterdam")
OPENS, CLOSES = time(9, 0), time(19, 30)
"""The window in which families are written to, with time to finish before it closes."""

console = Console(highlight=False, soft_wrap=True)


def run(options: Options, *, once: bool) -> int:
    """Start the system with samples, walk the journey, and stay unless `once`; returns the exit code."""
    _read_secrets_once()
    _leave_providers_alone()
    _open_the_window()
    return up(options, journey=partial(_walk, options), stay=not once)


def _read_secrets_once() -> None:
    """Read secret files now and never again, since they may name the providers that the demo puts aside."""
    read_secret_files(OURS)
    os.environ["WEERZIEN_SECRETS_DIR"] = os.devnull


def _leave_providers_alone() -> None:
    ignored = [name for name in SETTINGS if os.environ.pop(name, None)]
    if ignored:
        console.print(f"The demo sends nothing to anybody and does not use {', '.join(ignored)}.")


def _open_the_window() -> None:
    """Set the clock so that the demo works at any hour: families get no texts at night or on Sundays."""
    given = os.environ.get("WEERZIEN_CLOCK")
    now = _time(given) if given else datetime.now(HOME)
    start = inside_window(now.astimezone(HOME))
    if start != now:
        os.environ["WEERZIEN_CLOCK"] = start.isoformat()
        console.print(
            f"It is {now.astimezone(HOME):%A %H:%M} in Amsterdam, and families get texts from 09:00 to 20:00 "
            f"and not on Sunday: for this demo the clock is set to {start:%A %d %B %Y, %H:%M}."
        )


def _time(written: str) -> datetime:
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        raise LocalProblem(f"WEERZIEN_CLOCK is {written!r}: write it as 2026-12-01T10:00:00+01:00") from None


def inside_window(now: datetime) -> datetime:
    """Return the moment itself if families may be written to then, else the next working day at 10:00."""
    if now.isoweekday() != 7 and OPENS <= now.time() < CLOSES:
        return now
    free = holidays.country_holidays("NL", years=range(now.year, now.year + 2))
    day = now.date() if now.time() < OPENS else now.date() + timedelta(days=1)
    while day.isoweekday() > 5 or day in free:
        day += timedelta(days=1)
    return datetime.combine(day, time(10, 0), now.tzinfo)


def _walk(options: Options) -> int:
    """Show each step with its outcome; returns 0, or 1 after the first step that fails."""
    from services.commands.people import sample_link
    from services.commands.planning import sample_link as planners_link

    key = (options.data / "operator.key").read_text().strip()
    today = datetime.now(HOME).date()
    if clock := os.environ.get("WEERZIEN_CLOCK"):
        today = datetime.fromisoformat(clock).astimezone(HOME).date()
    sites = Sites(**options.addresses)
    with Journey(sites, key, today) as journey, AtDesk(sites, sample_link, lambda: journey.asked) as desk:
        for number, (name, step) in enumerate(chain(journey.steps(), desk.steps()), start=1):
            if not _show(number, name, step):
                return 1
    console.print("\n[bold green]Every step happened.[/] " + _where(options))
    console.print("To look around at the desk as a sample adviser, once:")
    console.print(sample_link(), markup=False)
    console.print("And at a prison, as a sample planner of its visit days, once:")
    console.print(planners_link(), markup=False)
    return 0


def _show(number: int, name: str, step: Callable[[], list[str]]) -> bool:
    try:
        lines = step()
    except (StepFailed, httpx.HTTPError, LookupError, ValueError) as problem:
        console.print(f"[bold red]✗ {number}. {name}[/]")
        console.print(f"    {type(problem).__name__}: {problem}", markup=False)
        return False
    console.print(f"[bold green]✓[/] [bold]{number}. {name}[/]")
    for line in lines:
        console.print(f"    {line}", markup=False)
    return True


def _where(options: Options) -> str:
    sites = options.addresses
    return (
        f"The site is at {sites['intake']}/ , days for families at {sites['notify']}/days , what was sent at "
        f"{sites['notify']}/postbus , "
        f"and the operator's key in {options.data / 'operator.key'}"
    )
