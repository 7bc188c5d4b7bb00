"""What `/metrics` says, as numbers."""

from __future__ import annotations

from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families


def figures(client: TestClient) -> dict[tuple[str, str], float]:
    """By name and service."""
    return {
        (sample.name, sample.labels.get("service", "")): sample.value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
    }


def figure(client: TestClient, name: str, **labels: str) -> float | None:
    """The value with at least these labels, or nothing where there is none."""
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return None
