"""The numbers on `/metrics`."""

from __future__ import annotations

from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families


def figures(client: TestClient) -> dict[tuple[str, str], float]:
    """Return all values, by name and service."""
    return {
        (sample.name, sample.labels.get("service", "")): sample.value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
    }


def figure(client: TestClient, name: str, **labels: str) -> float | None:
    """Return the first value with at least these labels, or None."""
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return None
