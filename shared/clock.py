"""The business clock. Rules take the moment as an argument; only the edges read a clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

# How old the last sign of life of a worker or a dispatcher may be. Health checks read it, so it stands here,
# where nothing else is imported.
STALE_SECONDS = 30.0


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the present moment of the business, aware and in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class ShiftedClock:
    """Reads `start` when the machine's clock reads `anchor`, and runs at the same pace.

    Processes with the same pair agree, also after one of them is restarted.
    """

    def __init__(self, start: datetime, anchor: datetime) -> None:
        self._shift = start.astimezone(UTC) - anchor.astimezone(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._shift


class FixedClock:
    """Stands still until it is set or advanced."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        return self._at

    def set(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        self._at += by


def monotonic() -> float:
    """Return seconds for measuring how long something takes, unrelated to the business clock."""
    return time.monotonic()
