"""Who cannot be called or texted is reached by a discreet letter, or through a professional."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.requests import views
from services.intake.requests.tables import AdviceRequest
from shared.audit.tables import audit_entries
from tests.intake.requests.questions import fields, question, send, walk
from tests.kit.staff import sign_in

WORKER = {"organisation": "Justitiehuis Gent", "name": "Ann", "email": "Ann@justitiehuis.example"}


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


@pytest.fixture
def ask(client: TestClient, make_key: Callable[..., dict[str, str]]) -> Callable[..., Any]:
    headers = make_key("intake", "requests:write")

    def asks(contact: dict[str, Any], **more: Any) -> Any:
        body = question(**more) | {"contact": contact}
        return client.post("/v1/advice-requests", json=body, headers=headers)

    return asks


def kept(session: Session) -> AdviceRequest:
    [row] = session.exec(select(AdviceRequest)).all()
    return row


@pytest.mark.parametrize(
    ("more", "contact"),
    [
        ({"facility": "nl-pi-vught"}, {}),
        ({}, {"address": "Lange Weg 1\n5261 AA Vught"}),
    ],
)
def test_a_letter_needs_a_name_and_where_it_goes(
    ask: Callable[..., Any], session: Session, more: dict[str, Any], contact: dict[str, Any]
) -> None:
    assert ask({"channel": "letter", "name": "Jan"} | contact, **more).status_code == 202
    row = kept(session)
    assert (str(row.channel), row.name, row.address) == ("letter", "Jan", contact.get("address"))


def test_what_a_letter_or_a_professional_lacks_is_said_at_once(ask: Callable[..., Any]) -> None:
    def codes(contact: dict[str, Any]) -> list[str]:
        answer = ask(contact)
        assert answer.status_code == 400
        return sorted(error["code"] for error in answer.json()["errors"])

    assert codes({"channel": "letter"}) == ["address-missing", "name-empty"]
    assert codes({"channel": "worker"}) == ["worker-missing"]
    assert codes({"channel": "worker", "worker": {"organisation": "X", "name": "Y"}}) == [
        "worker-reach-missing"
    ]


def test_a_professional_is_kept_in_normal_form_and_unreadable(
    ask: Callable[..., Any], session: Session
) -> None:
    assert ask({"channel": "worker", "worker": WORKER}).status_code == 202
    assert "ann@justitiehuis.example" in (kept(session).worker or "").lower()
    raw = session.connection().exec_driver_sql("SELECT worker FROM advice_requests").scalar()
    assert raw
    assert b"Justitiehuis" not in bytes(raw)


def test_the_form_takes_both(client: TestClient, session: Session) -> None:
    sent = fields(channel="letter", phone="", address="Lange Weg 1", name="Jan")
    assert send(client, sent).status_code == 200
    assert kept(session).address == "Lange Weg 1"
    worker = {"worker_organisation": "School", "worker_name": "Ann", "worker_email": "ann@school.example"}
    assert send(client, fields(channel="worker", phone="", **worker)).status_code == 200
    lacking = send(client, fields(channel="worker", phone=""))
    assert lacking.status_code == 400
    assert "Vul in wie je begeleidt" in lacking.text


@pytest.mark.parametrize("channel", ["phone", "sms"])
def test_somebody_in_prison_is_neither_called_nor_texted_and_offered_a_letter_first(
    client: TestClient, session: Session, channel: str
) -> None:
    refused = send(client, fields(channel=channel, audience="parent-in-detention"))
    assert refused.status_code == 400
    assert "Kies een brief, of iemand die je begeleidt." in refused.text
    assert offered(refused.text) == ["letter", "worker", "none"]
    assert session.exec(select(AdviceRequest)).all() == []


def test_somebody_else_is_offered_every_channel(client: TestClient) -> None:
    shown = walk(client, fields(audience="carer", channel=""))
    assert offered(shown.text) == ["sms", "phone", "email", "none", "letter", "worker"]


def offered(page: str) -> list[str]:
    return re.findall(r'name="channel" value="([a-z]+)"', page)


def test_notify_knows_only_the_mailbox_of_a_professional(ask: Callable[..., Any], session: Session) -> None:
    ask({"channel": "worker", "worker": WORKER}, audience="parent-in-detention")
    point = views.contact_point(kept(session), "http://intake.test")
    assert point.worker_email == "ann@justitiehuis.example"
    assert "Justitiehuis" not in point.model_dump_json()


def test_the_letter_says_nothing_of_what_it_is_about_and_who_saw_the_address_is_noted(
    ask: Callable[..., Any], client: TestClient, session: Session
) -> None:
    ask({"channel": "letter", "name": "Jan"}, facility="nl-pi-vught", audience="parent-in-detention")
    row = kept(session)
    noor: UUID = sign_in(client, session)
    page = client.get(f"/desk/letters/{row.id}?about=accepted")
    assert page.status_code == 200, page.text
    assert row.reference in page.text
    assert "telefoon" not in page.text, "what is printed says nothing of the hours of this moment"
    for word in ("kind", "detentie", "ouder", "straf"):
        assert word not in page.text.split("<main")[1].split("</main>")[0].lower()
    noted = [one for one in session.execute(select(audit_entries)).all() if one.deed == "reveal.address"]  # type: ignore[call-overload]
    assert [(one.who, one.why) for one in noted] == [(f"staff:{noor}", "letter")]
    assert client.get(f"/desk/letters/{row.id}?about=nonsense").status_code == 404
