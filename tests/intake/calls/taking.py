"""An adviser who takes a call, as a browser does."""

from __future__ import annotations

import re
from uuid import UUID

from fastapi.testclient import TestClient
from sqlmodel import Session

from services.intake.calls import commands
from tests.conftest import MORNING

CENTRE, NUMBER = "+31201234567", "0612345678"
SPOKEN = {
    "about": "self",
    "audience": "carer",
    "needs": ["bezoek"],
    "outcomes": ["advised"],
    "notes": "Oma zoekt bezoekdag",
}


def token(client: TestClient, path: str = "/desk/calls") -> str:
    found = re.search(r'name="form" value="([^"]+)"', client.get(path).text)
    assert found
    return found.group(1)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found.group(1)


def rung(session: Session, call_id: str = "a", number: str = NUMBER) -> UUID:
    return commands.ring(session, call_id, number, CENTRE, MORNING).id


def taken(client: TestClient, session: Session, **rung_as: str) -> str:
    """Return the address of a call that rang and that the adviser took."""
    path = f"/desk/calls/{rung(session, **rung_as)}"
    assert client.post(f"{path}/taken", data={"form": token(client)}).status_code == 303
    return path


def send(client: TestClient, path: str, do: str = "", **fields: object):  # type: ignore[no-untyped-def]
    page = client.get(path).text
    given = {name: hidden(page, name) for name in ("form", "version", "tab")}
    return client.post(path, data={**given, **SPOKEN, "do": do, **fields})
