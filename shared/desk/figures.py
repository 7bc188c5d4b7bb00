"""Figures of the work list for Prometheus: what waits for a person, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import Metric
from sqlalchemy import func, select
from sqlmodel import Session

from shared.desk.tables import work_items
from shared.figures import age, gauge


def figures(session: Session, now: datetime) -> Iterator[Metric]:
    rows = session.execute(
        select(work_items.c.kind, func.count(), func.min(work_items.c.opened_at))
        .where(work_items.c.resolved_at.is_(None))
        .group_by(work_items.c.kind)
    ).all()
    yield gauge(
        "work_items_open",
        "Work items that wait for a person, by kind",
        ["kind"],
        {(kind,): number for kind, number, _ in rows},
    )
    yield gauge(
        "work_items_oldest_seconds",
        "How long the oldest of each kind has waited for a person",
        ["kind"],
        {(kind,): age(opened, now) for kind, _, opened in rows},
    )
