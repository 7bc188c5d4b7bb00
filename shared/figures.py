"""Figures that are counted in the database when Prometheus asks, so that they outlive every process.

Labels hold states, kinds and channels only, never an id or a person's words.
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
"""The figures of one room: a session and the present moment in, gauges out."""


def gauge(
    name: str, meaning: str, labels: Sequence[str], values: Mapping[tuple[str, ...], float]
) -> GaugeMetricFamily:
    """Return a gauge named `weerzien_<name>`, with a value for each combination of labels."""
    family = GaugeMetricFamily(f"weerzien_{name}", meaning, labels=[*labels])
    for combination, value in values.items():
        family.add_metric([*combination], value)
    return family


def age(since: datetime | None, now: datetime) -> float:
    """Return the seconds since a moment; 0 if there is none or it is still to come."""
    return max((now - since) / timedelta(seconds=1), 0.0) if since else 0.0


def registry_of(runtime: Runtime, rooms: Sequence[Figures]) -> CollectorRegistry:
    """Return the registry of a service's figures, counted by each of its rooms."""
    registry = CollectorRegistry()
    registry.register(_FromDatabase(runtime, rooms))
    return registry


class _FromDatabase(Collector):
    def __init__(self, runtime: Runtime, rooms: Sequence[Figures]) -> None:
        self._runtime, self._rooms = runtime, rooms

    def collect(self) -> Iterator[Metric]:
        """Count the figures. A database that is away is itself a figure, never an error of the page."""
        counted: list[Metric] = []
        try:
            with self._runtime.sessions() as session:
                session.execute(text(f"SET LOCAL statement_timeout = '{PATIENCE}'"))
                for room in self._rooms:
                    counted += room(session, self._runtime.clock.now())
        except SQLAlchemyError as problem:
            log.warning("figures could not be counted: %s", type(problem).__name__)
            counted = []
        yield gauge(
            "database_up", "1 if the figures could be counted", ["service"], self._own(float(bool(counted)))
        )
        for family in counted:
            yield self._named(family)

    def _named(self, family: Metric) -> Metric:
        """Return the same figures, with the service as a label of every value."""
        named = Metric(family.name, family.documentation, family.type)
        for sample in family.samples:
            named.add_sample(sample.name, {"service": self._runtime.service, **sample.labels}, sample.value)
        return named

    def _own(self, value: float) -> dict[tuple[str, ...], float]:
        return {(self._runtime.service,): value}
