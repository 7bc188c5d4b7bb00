"""On a machine of its own somebody can pretend to call; anywhere else there is no such page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.calls.tables import Call, CallBack, CallState

PAGE = "/simulator/calls"
HOST = {"host": "127.0.0.1"}
ClientFor = Callable[[str], TestClient]


@pytest.fixture
def web(client_for: ClientFor) -> TestClient:
    client = client_for("intake")
    settings: Any = client.app.state.runtime.settings  # type: ignore[attr-defined]
    for service in ("intake", "referral", "notify"):
        setattr(settings, f"public_url_{service}", "http://127.0.0.1:8001")
    client.headers.update(HOST)
    return client


def send(web: TestClient, path: str, **fields: str) -> None:
    page = web.get(PAGE).text
    found = re.search(r'name="form" value="([^"]+)"', page)
    assert found is not None
    assert web.post(path, data={"form": found[1]} | fields).status_code == 303


def test_a_pretended_call_rings_is_answered_and_ends(web: TestClient, session: Session) -> None:
    send(web, PAGE, number="06/12.34 56.78")
    call = session.exec(select(Call)).one()
    assert (call.state, call.number) == (CallState.RINGING, "+31612345678")
    send(web, f"{PAGE}/{call.id}/answer", user="Noor")
    send(web, f"{PAGE}/{call.id}/hang-up")
    session.expire_all()
    assert call.state is CallState.ANSWERED
    assert call.ended_at is not None
    assert "12345678" not in web.get(PAGE).text


def test_a_pretended_call_that_nobody_takes_is_to_be_called_back_unless_it_is_anonymous(
    web: TestClient, session: Session
) -> None:
    for number in ("0475 12 34 56", ""):
        send(web, PAGE, number=number)
    for call in session.exec(select(Call)).all():
        send(web, f"{PAGE}/{call.id}/hang-up")
    session.expire_all()
    assert len(session.exec(select(CallBack)).all()) == 1


def test_a_form_of_another_page_rings_nobody(web: TestClient, session: Session) -> None:
    assert web.post(PAGE, data={"number": "0612345678"}).status_code == 403
    assert session.exec(select(Call)).all() == []


@pytest.mark.parametrize("change", ["embedded", "public_url_notify", "voice_account_sid", "proxy", "host"])
def test_where_people_are_reached_nobody_pretends(web: TestClient, change: str) -> None:
    settings: Any = web.app.state.runtime.settings  # type: ignore[attr-defined]
    headers = {"x-forwarded-for": "203.0.113.7"} if change == "proxy" else {}
    headers |= {"host": "weerzien.example"} if change == "host" else {}
    changed = {"embedded": False, "public_url_notify": "https://weerzien.example", "voice_account_sid": "AC1"}
    if change in changed:
        setattr(settings, change, changed[change])
    assert web.get(PAGE, headers=headers).status_code == 404
    assert web.post(PAGE, headers=headers, data={"number": "0612345678"}).status_code == 404
