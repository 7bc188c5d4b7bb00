"""What readers said and sought goes in time. Nothing here commits."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col

from services.intake.guidance.tables import Opinion, Sought
from shared.forgetting import Period
from shared.forgetting.batches import delete_some


def old_opinions(session: Session, before: datetime, limit: int, at: datetime) -> int:
    return delete_some(session, Opinion.__table__, col(Opinion.at) < before, limit)  # type: ignore[attr-defined]


def old_sought(session: Session, before: datetime, limit: int, at: datetime) -> int:
    return delete_some(session, Sought.__table__, col(Sought.last_on) < before.date(), limit)  # type: ignore[attr-defined]


PERIODS = [Period("keep_opinions_days", old_opinions), Period("keep_sought_days", old_sought)]
