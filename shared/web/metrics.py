"""Figures that are counted in the database at the moment Prometheus asks, so that they outlive every process.

No label holds an id or a word of a person: states, kinds and channels alone.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from shared.desk.tables import work_items
from shared.messaging.dead_letters import count_dead
from shared.messaging.heartbeat import DISPATCHER, WORKER
from shared.messaging.tables import deliveries, heartbeats, outbox
from shared.runtime import Runtime

log = logging.getLogger(__name__)
PATIENCE = "5s"

Figures = Callable[[Session, datetime], Iterable[Metric]]
"""What one room counts: a session and the present moment in, gauges out."""


def gauge(
    name: str, meaning: str, labels: Sequence[str], values: Mapping[tuple[str, ...], float]
) -> GaugeMetricFamily:
    """One gauge of the family `weerzien_`, with a value for each combination of labels."""
    family = GaugeMetricFamily(f"weerzien_{name}", meaning, labels=[*labels])
    for combination, value in values.items():
        family.add_metric([*combination], value)
    return family


def age(since: datetime | None, now: datetime) -> float:
    """Seconds since a moment; nothing waits less than none."""
    return max((now - since) / timedelta(seconds=1), 0.0) if since else 0.0


def registry_of(runtime: Runtime, rooms: Sequence[Figures]) -> CollectorRegistry:
    """The figures of this service, of what all have in common and of its own rooms."""
    registry = CollectorRegistry()
    registry.register(_FromDatabase(runtime, (_messaging, _desk, *rooms)))
    return registry


class _FromDatabase(Collector):
    def __init__(self, runtime: Runtime, rooms: Sequence[Figures]) -> None:
        self._runtime, self._rooms = runtime, rooms

    def collect(self) -> Iterator[Metric]:
        """A database that is away is itself a figure, and never an error of the page."""
        found: list[Metric] = []
        try:
            with self._runtime.sessions() as session:
                session.execute(text(f"SET LOCAL statement_timeout = '{PATIENCE}'"))
                for room in self._rooms:
                    found += room(session, self._runtime.clock.now())
        except SQLAlchemyError as problem:
            log.warning("figures could not be counted: %s", type(problem).__name__)
            found = []
        yield gauge(
            "database_up", "1 if the figures could be counted", ["service"], self._own(float(bool(found)))
        )
        for family in found:
            yield self._named(family)

    def _named(self, family: Metric) -> Metric:
        """The same with the service as a label of every value."""
        named = Metric(family.name, family.documentation, family.type)
        for sample in family.samples:
            named.add_sample(sample.name, {"service": self._runtime.service, **sample.labels}, sample.value)
        return named

    def _own(self, value: float) -> dict[tuple[str, ...], float]:
        return {(self._runtime.service,): value}


def _messaging(session: Session, now: datetime) -> Iterator[Metric]:
    is_due = deliveries.c.state == "due"
    waiting, failing = session.execute(
        select(func.count(), func.count().filter(deliveries.c.attempts > 1)).where(is_due)
    ).one()
    yield gauge("events_waiting", "Deliveries of events that are not done yet", [], {(): waiting})
    yield gauge("events_retrying", "Of those, the ones that failed before", [], {(): failing})
    overdue = func.extract("epoch", func.clock_timestamp() - func.min(deliveries.c.due_at))
    lag = session.execute(select(overdue).where(is_due)).scalar_one()
    yield gauge(
        "outbox_lag_seconds",
        "For how long the first delivery has been due that nobody has taken",
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
        "Since the last sign of life of a worker or a dispatcher; infinite where there was none yet",
        ["role"],
        {(role,): beats.get(role, math.inf) for role in (WORKER, DISPATCHER)},
    )


def _desk(session: Session, now: datetime) -> Iterator[Metric]:
    rows = session.execute(
        select(work_items.c.kind, func.count(), func.min(work_items.c.opened_at))
        .where(work_items.c.resolved_at.is_(None))
        .group_by(work_items.c.kind)
    ).all()
    yield gauge(
        "work_items_open",
        "What waits for a person, by kind",
        ["kind"],
        {(kind,): number for kind, number, _ in rows},
    )
    yield gauge(
        "work_items_oldest_seconds",
        "How long the oldest of each kind has waited for a person",
        ["kind"],
        {(kind,): age(opened, now) for kind, _, opened in rows},
    )
