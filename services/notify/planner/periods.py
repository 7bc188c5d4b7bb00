"""How long notify keeps who planned visits. Nothing here commits."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col

from services.notify.planner.tables import Planner
from shared.forgetting import Period
from shared.forgetting.batches import delete_some


def let_go(session: Session, before: datetime, limit: int, at: datetime) -> int:
    """Delete planners who were let go before this moment. What they did stays in the audit, under an id."""
    return delete_some(session, Planner, col(Planner.disabled_at) < before, limit)


PERIODS = (Period("keep_planners_days", let_go),)
