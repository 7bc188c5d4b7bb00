"""Examines the files and the free space of this machine."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from services.doctor.finding import Finding

ENOUGH_SPACE = 1_000_000_000


def examine(data: Path, *, here: bool) -> Iterator[Finding]:
    """Examine the machine. `here`: it holds the database, or will; a container has no data to fill it."""
    for path in (data / "operator.key", *(data / "secrets").glob("*")):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Finding("wrong", f"{path} can be read by others: `chmod 600 {path}`")
    if not (here or data.exists()):
        return
    folder = next(step for step in (data.resolve(), *data.resolve().parents) if step.exists())
    free = shutil.disk_usage(folder).free
    if free < ENOUGH_SPACE:
        yield Finding("wrong", f"only {free // 1_000_000} MB are free at {folder}: make room")
