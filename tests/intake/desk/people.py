"""People whom tests of the search and of the story put into the services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient

from tests.intake.desk.desk import EN
from tests.intake.requests.questions import question
from tests.kit.desk import press

PHONE, EMAIL = "06 12345678", "fatima@example.org"
MakeKey = Callable[..., dict[str, str]]


def ask(client: TestClient, make_key: MakeKey, **contact: Any) -> tuple[UUID, str]:
    """Ask a question, by default as Fatima; return its id and reference."""
    said = {"name": "Fatima El Khatib", "phone": PHONE, "email": EMAIL} | contact
    body = question(contact=said, question="Mag de tekening mee?")
    answer = client.post("/v1/advice-requests", json=body, headers=make_key("intake", "requests:write"))
    assert answer.status_code == 202, answer.text
    return UUID(answer.json()["id"]), str(answer.json()["reference"])


def register(notify: TestClient, make_key: MakeKey, **changed: Any) -> UUID:
    """Register a family for a visit, by default Fatima's; return the registration's id."""
    key = make_key("notify", "visits:write", "desk")
    day = {
        "facility": "nl-pi-vught",
        "date": "2026-12-17",
        "startTime": "14:00",
        "endTime": "15:30",
        "capacity": 10,
        "kind": "child-visit",
    }
    made = notify.post("/v1/visit-days", json=day, headers=key)
    assert made.status_code == 201, made.text
    family = {
        "name": "Fatima El Khatib",
        "phone": PHONE,
        "channel": "sms",
        "language": "nl",
        "adults": 1,
        "childAgeBands": ["4-7"],
        "numberConfirmed": True,
    }
    path = f"/v1/visit-days/{made.json()['id']}/registrations"
    answer = notify.post(path, json=family | changed, headers=key)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


def seek(client: TestClient, written: str) -> Any:
    page = client.get("/desk/search", headers=EN).text
    return press(client, "/desk/search", page, q=written)


def found(client: TestClient, written: str) -> list[str]:
    """Return what the search leads to, as `request/<id>`."""
    answer = seek(client, written)
    assert answer.status_code == 200, answer.text
    rows = [part.split('"', 1)[0] for part in answer.text.split('href="/desk/people-of/')[1:]]
    return [row.split("?")[0] for row in rows]
