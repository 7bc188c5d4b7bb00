"""Work that falls due by the clock, and what a service's worker and dispatcher do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlmodel import Session

from shared.messaging.subscriptions import Subscriptions

# A claimed row that is not finished within this much real time may be claimed again.
LEASE = timedelta(seconds=60)


class Claim(Protocol):
    def __call__(self, session: Session, now: datetime, limit: int) -> Sequence[UUID]:
        """Lease at most `limit` rows due at `now` (business clock); SKIP LOCKED, `leased_until` is real time.

        Does not commit: the dispatcher does. Rows whose lease has run out are due again.
        """
        ...


class Do(Protocol):
    def __call__(self, runtime: Any, ids: Sequence[UUID]) -> None:
        """Do what fell due, with this process's runtime. A row that is left undone keeps its lease."""
        ...


@dataclass(frozen=True)
class DueWork:
    """Work that falls due by the clock. `name`, `<service>.<room>.<verb>`, also names the worker's task.

    With `wakes`, a commit can make it due at once, and says so (`wake_after_commit`): it is looked for then.
    All other work is looked for once a second. `first`: it goes to the worker before all other work that
    waits there.
    """

    name: str
    claim: Claim
    do: Do
    batch: int = 50
    wakes: bool = False
    first: bool = False


@dataclass(frozen=True)
class Wiring:
    """The work of a service's worker and dispatcher."""

    service: str
    subscriptions: Subscriptions
    due: Sequence[DueWork] = ()
