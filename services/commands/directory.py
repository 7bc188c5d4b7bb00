"""Organisations and what they offer, from a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services import system
from services.referral.directory import commands as directory
from services.referral.directory.commands import Imported
from services.referral.directory.importing import read
from services.referral.directory.rules import local_day
from services.referral.referrals import commands as referrals


@dataclass(frozen=True)
class Import:
    """What an import did, or would do, and the mistakes it found, in words."""

    outcome: Imported
    mistakes: list[str]


def import_directory(file: Path, *, dry_run: bool) -> Import:
    """Import every good row; with `dry_run` nothing of it is kept."""
    runtime = system.make_runtime("referral")
    now = runtime.clock.now()
    entries, mistakes = read(file.read_bytes(), today=local_day(now, directory.HERE))
    with runtime.sessions() as opened:
        outcome = directory.import_directory(
            opened, entries, at=now, dry_run=dry_run, on_left=referrals.partners_left
        )
    runtime.engine.dispose()
    return Import(outcome, [str(mistake) for mistake in mistakes])
