"""No address, body or exception of a request goes to whoever listens for traces in the process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry import trace


class Provider(trace.TracerProvider):
    """Notes who wants to tell it something."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get_tracer(self, instrumenting_module_name: str, *rest: Any, **more: Any) -> trace.Tracer:
        self.asked.append(instrumenting_module_name)
        return trace.NoOpTracer()


@pytest.mark.parametrize("service", ["intake", "referral", "notify"])
def test_a_request_tells_nothing_to_a_provider_of_traces(
    client_for: Callable[[str], TestClient], service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Provider()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    assert client_for(service).get("/r/a-token-that-nobody-else-may-see").status_code in (404, 410)
    assert provider.asked == []
