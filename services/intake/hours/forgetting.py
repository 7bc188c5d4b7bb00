"""What is kept of shifts and closures goes in time. Nothing here commits."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col

from services.intake.hours.tables import Closure, Shift
from shared.forgetting import Period
from shared.forgetting.batches import delete_some


def old_shifts(session: Session, before: datetime, limit: int, at: datetime) -> int:
    gone = delete_some(session, Shift.__table__, col(Shift.ends) < before, limit)  # type: ignore[attr-defined]
    return gone + delete_some(session, Closure.__table__, col(Closure.ends) < before, limit)  # type: ignore[attr-defined]


PERIODS = [Period("keep_shifts_days", old_shifts)]
