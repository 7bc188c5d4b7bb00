"""Figures of what went because its period was over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import Metric
from sqlalchemy import select
from sqlmodel import Session

from shared.figures import age, gauge
from shared.forgetting.tables import periods


def figures(session: Session, now: datetime) -> Iterator[Metric]:
    rows = session.execute(select(periods)).all()
    yield gauge(
        "forgotten",
        "Rows that went, or were stripped of what names a person, because their period was over",
        ["kind"],
        {(row.name,): row.forgotten for row in rows},
    )
    yield gauge(
        "period_overdue_seconds",
        "How long the daily work of this period has been due",
        ["kind"],
        {(row.name,): age(row.due_at, now) for row in rows},
    )
