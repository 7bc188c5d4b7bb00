"""Nothing of a request goes to whoever listens for traces, figures or logs in the process."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi import APIRouter, Depends
from fastapi.testclient import TestClient
from opentelemetry import _logs, metrics, trace

from shared.runtime import Runtime
from shared.security.access import open_to_all
from shared.web.app import attach, create_app

router = APIRouter()


@router.get("/v1/things/{token}", dependencies=[Depends(open_to_all)])
def thing(token: str, many: int) -> None:
    raise ValueError("cannot be read: Noor")


@pytest.mark.parametrize("query", ["?many=2", "?many=Noor"])
def test_a_request_that_fails_is_told_to_nobody_who_listens(
    runtime_for: Callable[[str], Runtime], query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    listening: list[str] = []
    for where, name in (
        (trace, "get_tracer_provider"),
        (metrics, "get_meter_provider"),
        (_logs, "get_logger_provider"),
    ):
        monkeypatch.setattr(where, name, lambda name=name: listening.append(name))
    app = create_app(title="things", routers=[router])
    attach(app, runtime_for("intake"))
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get(f"/v1/things/a-token{query}").status_code >= 400
    assert listening == []
