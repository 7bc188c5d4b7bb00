"""Figures that are counted in the database at the moment Prometheus asks, so that they outlive every process.

No label holds an id or a word of a person: states, kinds and channels alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

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
    """The figures of a service, counted by each of its rooms."""
    registry = CollectorRegistry()
    registry.register(_FromDatabase(runtime, rooms))
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
