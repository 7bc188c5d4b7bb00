"""Work that falls due by the clock, and the tasks that do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlmodel import Session, SQLModel

from shared.desk.actions import DeskActions
from shared.messaging.subscriptions import Subscriptions
from shared.settings import CommonSettings

# A claimed row is let go again after this, in the machine's time, if nobody has finished it.
LEASE = timedelta(seconds=60)

TASKS: dict[str, Callable[[list[str]], None]] = {}


def task(name: str) -> Callable[[Callable[[list[str]], None]], Callable[[list[str]], None]]:
    """Make a function callable through the service's work queue: `<service>.<room>.<verb>`."""

    def register(function: Callable[[list[str]], None]) -> Callable[[list[str]], None]:
        if TASKS.setdefault(name, function) is not function:
            raise ValueError(f"there is a task {name} already")
        return function

    return register


class Claim(Protocol):
    def __call__(self, session: Session, now: datetime, limit: int) -> Sequence[UUID]:
        """Lease at most `limit` rows due at `now` (business clock); SKIP LOCKED, `leased_until` is real time.

        The dispatcher commits. Rows whose lease has run out are due again.
        """
        ...


@dataclass(frozen=True)
class DueWork:
    name: str
    claim: Claim
    task: str
    batch: int = 50


@dataclass(frozen=True)
class Wiring:
    """What a service's worker and dispatcher do."""

    service: str
    settings: type[CommonSettings]
    base: type[SQLModel]
    subscriptions: Subscriptions
    due: Sequence[DueWork] = ()
    desk: DeskActions = field(default_factory=DeskActions)
    start: Callable[[], None] | None = None
