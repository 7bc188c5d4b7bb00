"""Calls of which the exchange told no end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from services.intake.calls.commands import records
from shared.messaging import DueWork
from shared.runtime import Runtime


def give_up(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Take calls for missed that cannot still be ringing; it is done here, and no worker is told."""
    records.give_up_ringing(session, limit, at=now)
    return []


def nothing(runtime: Runtime, ids: Sequence[UUID]) -> None:
    """There is never anything left to do."""


DUE = (DueWork("intake.calls.lost", give_up, nothing),)
