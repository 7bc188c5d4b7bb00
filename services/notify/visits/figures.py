"""The figures on reminders for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import Metric
from sqlalchemy import func, select
from sqlmodel import Session, col

from services.notify.visits.tables import ReminderStep, Step, StepState
from shared.figures import age, gauge


def figures(session: Session, now: datetime) -> Iterator[Metric]:
    oldest = session.execute(
        select(func.min(col(ReminderStep.due_at))).where(
            col(ReminderStep.state) == StepState.PLANNED,
            col(ReminderStep.step) != Step.REGISTRATION,
            col(ReminderStep.due_at) <= now,
        )
    ).scalar_one()
    yield gauge(
        "reminders_late_seconds",
        "How long the first reminder that is due has waited",
        [],
        {(): age(oldest, now)},
    )
