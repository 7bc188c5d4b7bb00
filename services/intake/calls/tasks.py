"""Calls of which the exchange told no end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from services.intake.calls.commands import records
from services.intake.calls.rules import LONGEST_RING
from services.intake.calls.tables import Call, CallState
from shared.messaging import DueWork
from shared.runtime import Runtime


def claim_lost(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Return calls that cannot still be ringing. Giving one up twice is harmless."""
    lost = select(col(Call.id)).where(col(Call.state) == CallState.RINGING, col(Call.at) < now - LONGEST_RING)
    return session.scalars(lost.order_by(col(Call.at)).limit(limit)).all()


def give_up(runtime: Runtime, ids: Sequence[UUID]) -> None:
    """Take each of these for missed, in a transaction of its own, so that whoever rang is called back."""
    for call_id in ids:
        with runtime.sessions() as session:
            records.give_up_ringing(session, call_id, at=runtime.clock.now())


DUE = (DueWork("intake.calls.lost", claim_lost, give_up),)
