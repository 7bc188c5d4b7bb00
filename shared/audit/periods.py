from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session


def over(session: Session, before: datetime, limit: int, at: datetime) -> int:
    """Let go of the oldest entries, from the beginning of the chain; returns how many. Does not commit.

    The database keeps those of the last 366 days whatever it is asked.
    """
    return int(session.execute(select(func.audit_let_go(before, limit))).scalar_one())
