"""A number is paused for whoever threatened, and never for a child who calls from it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.calls import commands
from services.intake.calls.tables import Flag
from services.intake.staff.tables import Role
from shared.desk.items import open_items
from tests.conftest import MORNING
from tests.intake.calls.taking import CENTRE, NUMBER, send, taken, token
from tests.kit.staff import sign_in

pytestmark = pytest.mark.usefixtures("at_the_desk")
PAUSE = {"kind": "pause", "ends": "2026-12-24", "why": "Dreigde"}


@pytest.mark.parametrize("agreed", [False, True], ids=["asked for", "agreed to"])
@pytest.mark.parametrize("audience", ["child", "carer"])
def test_a_child_who_calls_from_a_number_that_is_paused_ends_the_pause(
    audience: str, agreed: bool, client: TestClient, session: Session
) -> None:
    path = taken(client, session)
    send(client, path, "no-talk-yes:abusive")
    assert client.post(f"{path}/flags", data={"form": token(client), **PAUSE}).status_code == 303
    if agreed:
        sign_in(client, session, Role.SENIOR, name="Ali")
        [flag] = session.exec(select(Flag)).all()
        agrees = client.post(f"/desk/calls/pauses/{flag.id}/agreed", data={"form": token(client)})
        assert agrees.status_code == 303
        sign_in(client, session)
    later = commands.ring(session, "b", NUMBER, CENTRE, MORNING + timedelta(minutes=1))
    client.post(f"/desk/calls/{later.id}/taken", data={"form": token(client)})
    sent = {"about": "self", "audience": audience, "outcomes": ["informed"]}
    assert send(client, f"/desk/calls/{later.id}", "finalise", **sent).status_code == 303
    session.expire_all()
    [flag] = session.exec(select(Flag)).all()
    assert (flag.ends_at <= MORNING + timedelta(minutes=1)) is (audience == "child")
    assert [one.kind for one in open_items(session)] == (
        [] if agreed or audience == "child" else ["pause-to-agree"]
    )
