"""Figures of events for Prometheus: how many wait, how late they are, and signs of life."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import Metric
from sqlalchemy import func, select
from sqlmodel import Session

from shared.figures import age, gauge
from shared.messaging.dead_letters import count_dead
from shared.messaging.heartbeat import DISPATCHER, WORKER
from shared.messaging.tables import deliveries, heartbeats, outbox


def figures(session: Session, now: datetime) -> Iterator[Metric]:
    is_due = deliveries.c.state == "due"
    waiting, failing = session.execute(
        select(func.count(), func.count().filter(deliveries.c.attempts > 1)).where(is_due)
    ).one()
    yield gauge("events_waiting", "Deliveries of events that are not done yet", [], {(): waiting})
    yield gauge("events_retrying", "Waiting deliveries that failed before", [], {(): failing})
    overdue = func.extract("epoch", func.clock_timestamp() - func.min(deliveries.c.due_at))
    lag = session.execute(select(overdue).where(is_due)).scalar_one()
    yield gauge(
        "outbox_lag_seconds",
        "How long the oldest delivery that is not taken has been due",
        [],
        {(): max(float(lag or 0), 0.0)},
    )
    oldest = session.execute(
        select(func.min(outbox.c.at)).join(deliveries, deliveries.c.event_id == outbox.c.id).where(is_due)
    ).scalar_one()
    yield gauge(
        "events_oldest_seconds", "Age of the oldest event that is not done yet", [], {(): age(oldest, now)}
    )
    yield gauge("dead_letters", "Events that were given up", [], {(): count_dead(session)})
    since = func.extract("epoch", func.clock_timestamp() - heartbeats.c.at)
    beats = {name: float(seconds) for name, seconds in session.execute(select(heartbeats.c.name, since))}
    yield gauge(
        "heartbeat_age_seconds",
        "Seconds since a worker or a dispatcher gave a sign of life; infinite if it never did",
        ["role"],
        {(role,): beats.get(role, math.inf) for role in (WORKER, DISPATCHER)},
    )
