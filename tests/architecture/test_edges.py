"""What every route does at its edge, whatever it is for: asked of all routes that there are."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.intake.calls.exchange_api import ExchangeKey
from services.intake.calls.voice_api import TwilioVoice
from services.notify.channels.twilio_webhooks import TwilioSignature
from shared.events.services import SERVICES
from shared.runtime import Runtime
from shared.security.access import Access, BearerAccess, InNameOf, ServiceOnly
from shared.security.service_tokens import issue
from shared.web import problems
from tests.kit.settings import settings_for

CHANGING = ("POST", "PUT", "PATCH", "DELETE")
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
]
SECURE = {f"public_url_{name}": f"https://{name}.example.org" for name in SERVICES}


def routes(client: TestClient) -> Iterator[tuple[str, str, Any]]:
    """Method, path with something in each place, and the route."""
    app: Any = client.app
    for route in app.routes:
        for one in route.effective_route_contexts() if hasattr(route, "effective_route_contexts") else ():
            path = re.sub(r"{[^}]+}", "6f9f6d3e-2f0a-4c56-9b52-0a8f6c1d2e3a", one.path)
            yield from ((method, path, one) for method in sorted(one.methods))


def accesses(dependant: Any) -> list[Access]:
    own = [dependant.call] if isinstance(dependant.call, Access) else []
    return own + [one for part in dependant.dependencies for one in accesses(part)]


def is_page(client: TestClient, path: str) -> bool:
    return problems.is_page({"path": path, "app": client.app})


@pytest.fixture
def secure(runtime_for: Callable[[str], Runtime]) -> Callable[[str], TestClient]:
    """A service as it is at an https address."""

    def make(service: str) -> TestClient:
        runtime = runtime_for(service)
        runtime.settings = settings_for(service, **(runtime.settings.model_dump() | SECURE))
        app = importlib.import_module(f"services.{service}.service").SERVICE.web(runtime)
        return TestClient(
            app,
            raise_server_exceptions=False,
            follow_redirects=False,
            base_url=f"https://{service}.example.org",
        )

    return make


@pytest.mark.parametrize("service", SERVICES)
def test_no_form_of_a_page_is_taken_from_another_site(
    client_for: Callable[[str], TestClient], service: str
) -> None:
    client = client_for(service)
    forms = [(way, path) for way, path, _ in routes(client) if way in CHANGING and is_page(client, path)]
    assert len(forms) >= {"intake": 3, "referral": 1, "notify": 0}[service]
    for method, path in forms:
        for headers in FOREIGN:
            answer = client.request(method, path, data={"form": "x"}, headers=headers)
            assert answer.status_code == 403, (path, headers)
            assert "text/html" in answer.headers["content-type"]


@pytest.mark.parametrize("service", SERVICES)
def test_what_programs_call_is_opened_by_nothing_that_a_browser_sends_of_itself(
    client_for: Callable[[str], TestClient], service: str
) -> None:
    client = client_for(service)
    for method, path, route in routes(client):
        if method in CHANGING and not is_page(client, path):
            [access] = accesses(route.dependant)
            assert _asks_for_a_header(access), path


def _asks_for_a_header(access: Access) -> bool:
    # An exchange cannot send a header: its address has a key in it, which no browser knows.
    known = BearerAccess | ServiceOnly | InNameOf | TwilioSignature | TwilioVoice | ExchangeKey
    return isinstance(access, known)


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_is_kept_on_the_way_but_files_that_are_the_same_for_all(
    client_for: Callable[[str], TestClient], service: str
) -> None:
    client = client_for(service)
    for method, path, _ in routes(client):
        answer = client.request(method, path)
        assert answer.headers["Cache-Control"] == "no-store", (method, path)
    assert client.get("/nowhere").headers["Cache-Control"] == "no-store"
    assert "Cache-Control" not in client.get("/static/leave.js").headers


@pytest.mark.parametrize("path", ["/healthz", "/", "/v1/openapi.json", "/static/leave.js", "/v1/work-items"])
def test_nothing_can_be_run_or_framed_whatever_is_answered(
    client_for: Callable[[str], TestClient], path: str
) -> None:
    answer = client_for("intake").get(path)
    [policy] = answer.headers.get_list("Content-Security-Policy")
    for part in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert part in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("service", SERVICES)
def test_at_an_https_address_every_answer_says_that_there_is_no_other_way(
    secure: Callable[[str], TestClient], client_for: Callable[[str], TestClient], service: str
) -> None:
    client = secure(service)
    for path in ("/healthz", "/", "/desk", "/v1/openapi.json", "/static/leave.js", "/nowhere"):
        assert client.get(path).headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_without_https_a_browser_is_not_told_that_there_is(client_for: Callable[[str], TestClient]) -> None:
    assert "Strict-Transport-Security" not in client_for("intake").get("/").headers


MARK = "a-mark-of-somebody-1234"


def test_the_correlation_id_of_a_stranger_is_made_anew(
    client_for: Callable[[str], TestClient], make_key: Callable[..., dict[str, str]]
) -> None:
    client, sent = client_for("intake"), {"X-Correlation-Id": MARK}
    strangers = [
        client.get("/", headers=sent),
        client.get("/v1/openapi.json", headers=sent),
        client.get("/v1/work-items", headers=sent),
        client.get("/v1/work-items", headers=sent | {"Authorization": "Bearer wz_a_b"}),
        client.post("/internal/askers", headers=sent | {"Authorization": "Bearer x"}, json={"ids": []}),
    ]
    found = {answer.headers["X-Correlation-Id"] for answer in strangers}
    assert len(found) == len(strangers)
    assert MARK not in found


def test_that_of_somebody_we_know_goes_on(
    client_for: Callable[[str], TestClient], make_key: Callable[..., dict[str, str]]
) -> None:
    client, sent = client_for("intake"), {"X-Correlation-Id": MARK}
    key = client.get("/v1/work-items", headers=sent | make_key("intake", "desk"))
    token = {"Authorization": f"Bearer {issue('referral', 'intake')}"}
    service = client.post("/internal/advice-requests", headers=sent | token, json={"ids": []})
    assert [answer.headers["X-Correlation-Id"] for answer in (key, service)] == [MARK, MARK]
    odd = client.get("/v1/work-items", headers={"X-Correlation-Id": "<b>"} | make_key("intake", "desk"))
    assert odd.headers["X-Correlation-Id"] != "<b>"
