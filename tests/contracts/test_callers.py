"""Which service may ask what of another: the table, in the open, and every route walked by every caller."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from shared.crypto import derive
from shared.events.details import DETAILS, Asker, Detail
from shared.events.services import SERVICES
from shared.security.service_tokens import Acting, issue

ClientFor = Callable[[str], TestClient]

MAY_ASK = {
    "/internal/advice-requests": {"referral"},
    "/internal/contact-points": {"notify"},
    "/internal/askers": {"referral"},
    "/internal/offers": {"notify"},
    "/internal/referrals": {"intake", "notify"},
    "/internal/desk-calls": {"notify"},
    "/internal/desk-words": {"notify"},
    "/internal/wording/checks": {"intake"},
    "/internal/erasures": {"intake"},
    "/internal/desk/services": {"intake"},
    "/internal/call-texts": {"notify"},
    "/internal/desk/lines": {"intake"},
    "/internal/desk/loud": {"intake"},
    "/internal/desk/erased": {"intake"},
    "/internal/desk/items": {"intake"},
    "/internal/desk/pages": {"intake"},
    "/internal/desk/showings": {"intake"},
    "/internal/desk/decisions": {"intake"},
    "/internal/desk/groups/decisions": {"intake"},
    "/internal/desk/finds": {"intake"},
    "/internal/desk/whose": {"intake"},
    "/internal/desk/stories": {"intake"},
    "/internal/audit/entries": {"intake"},
}


def internal_routes(client: TestClient) -> list[tuple[str, str]]:
    """The method and path of each route that services have for each other, as the application tries them."""
    assert isinstance(client.app, FastAPI)
    found = [one for route in client.app.routes for one in _single(route) if one.path.startswith("/internal")]
    return [(method, one.path) for one in found for method in one.methods]


def _single(route: Any) -> list[Any]:
    return list(route.effective_route_contexts()) if hasattr(route, "effective_route_contexts") else []


def ask(client: TestClient, method: str, path: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.request(method, path, json={"ids": []}, headers=headers)
    return int(answer.status_code)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("caller", [*SERVICES, "somebody"])
def test_every_internal_route_answers_those_in_the_table_and_nobody_else(
    client_for: ClientFor, service: str, caller: str
) -> None:
    client = client_for(service)
    for method, path in internal_routes(client):
        status = ask(client, method, path, issue(caller, service, Acting("staff:1", "Noor")))
        expected = 200 if caller in MAY_ASK[path] else 403 if caller in SERVICES else 401
        assert (path, method, status) == (path, method, expected)


def test_every_internal_route_is_in_the_table(client_for: ClientFor) -> None:
    paths = {path for service in SERVICES for _, path in internal_routes(client_for(service))}
    assert paths == set(MAY_ASK)


@pytest.mark.parametrize("kind", DETAILS, ids=lambda kind: kind.__name__)
def test_who_may_ask_for_a_detail_is_said_where_it_is_described(kind: type[Detail]) -> None:
    assert set(kind.callers) == MAY_ASK[kind.path]


def test_notify_cannot_read_a_childs_words(client_for: ClientFor) -> None:
    assert ask(client_for("intake"), "POST", Asker.path, issue("notify", "intake")) == 403


def signed(**changed: Any) -> str:
    now = datetime.now(UTC)
    claims = {"iss": "referral", "aud": "intake", "iat": now, "exp": now + timedelta(seconds=60)}
    return jwt.encode(claims | changed, derive("service-token"), algorithm="HS256")


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, 200),
        ({"exp": datetime.now(UTC) + timedelta(days=3650)}, 401),
        ({"iat": datetime.now(UTC) + timedelta(hours=1), "exp": datetime.now(UTC) + timedelta(hours=1)}, 401),
        ({"aud": "notify"}, 401),
        ({"iss": "intake"}, 403),
        ({"iss": ""}, 401),
    ],
)
def test_a_token_is_for_one_service_by_one_service_for_a_minute(
    client_for: ClientFor, changed: dict[str, Any], status: int
) -> None:
    assert ask(client_for("intake"), "POST", Asker.path, signed(**changed)) == status
