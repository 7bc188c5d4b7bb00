"""Work that falls due by the clock, and what a service's worker and dispatcher do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlmodel import Session

from shared.messaging.subscriptions import Subscriptions

# A claimed row is let go again after this, in the machine's time, if nobody has finished it.
LEASE = timedelta(seconds=60)


class Claim(Protocol):
    def __call__(self, session: Session, now: datetime, limit: int) -> Sequence[UUID]:
        """Lease at most `limit` rows due at `now` (business clock); SKIP LOCKED, `leased_until` is real time.

        The dispatcher commits. Rows whose lease has run out are due again.
        """
        ...


class Do(Protocol):
    def __call__(self, runtime: Any, ids: Sequence[UUID]) -> None:
        """Do what fell due, with this process's runtime. Whatever is left undone keeps its lease."""
        ...


@dataclass(frozen=True)
class DueWork:
    """`name` is also that of the task that a worker is handed: `<service>.<room>.<verb>`."""

    name: str
    claim: Claim
    do: Do
    batch: int = 50


@dataclass(frozen=True)
class Wiring:
    """What a service's worker and dispatcher do."""

    service: str
    subscriptions: Subscriptions
    due: Sequence[DueWork] = ()
