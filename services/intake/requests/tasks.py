from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from services.intake.requests import commands
from shared.messaging import DueWork
from shared.runtime import Runtime


def seal_keys(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Seal keys that the version before kept as they were sent; it is done here, and no worker is told."""
    commands.seal_keys(session, limit)
    return []


def nothing(runtime: Runtime, ids: Sequence[UUID]) -> None:
    """There is never anything left to do."""


DUE = (DueWork("intake.requests.seal", seal_keys, nothing),)
