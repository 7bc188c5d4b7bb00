from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from services.notify.families import commands
from shared.messaging import DueWork
from shared.runtime import Runtime


def forget(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Delete what has ended; it is done here, and no worker is told."""
    commands.forget(session, now, limit)
    return []


def nothing(runtime: Runtime, ids: Sequence[UUID]) -> None:
    """There is never anything left to do."""


DUE = (DueWork("notify.families.forget", forget, nothing),)
