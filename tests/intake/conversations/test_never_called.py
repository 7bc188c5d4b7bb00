"""Whoever asked not to be contacted is answered in the conversation: no item says that they were called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from services import system
from services.intake.desk.allowed import narrowed
from shared.clock import FixedClock
from shared.desk.actions import SETTLED_BY_TELEPHONE, SETTLED_IN_WRITING, View
from shared.desk.items import WorkItem
from shared.desk.looking import in_full
from shared.runtime import Runtime
from tests.intake.conversations.asked import Asked, answers
from tests.kit.desk import one_desk, paths_in, press
from tests.kit.staff import sign_in

# Those of families that registered for a visit: nobody of them asked not to be contacted.
OF_FAMILIES = {"call-family", "escort-wanted", "number-not-confirmed", "number-silenced", "reminder-stuck"}
KINDS = [
    (name, kind)
    for name in ("intake", "referral", "notify")
    for kind in (*system.service(name).desk.kinds, "a-kind-of-another-version")
]


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


@pytest.fixture
def asked(client: TestClient, make_key: Callable[..., dict[str, str]]) -> Asked:
    headers = make_key("intake", "requests:write")
    return Asked(client, headers, contact={"channel": "none", "phone": None}, danger=True)


@pytest.mark.parametrize(("service", "kind"), KINDS)
def test_no_item_of_any_service_says_that_they_were_called(
    asked: Asked, session: Session, clock: FixedClock, service: str, kind: str
) -> None:
    desk = system.service(service).desk
    one = WorkItem(uuid4(), kind, "no-rule", asked.id, {}, None, clock.now(), None, None)
    shown = in_full(desk, one, view=View(asker=asked.id))
    assert SETTLED_BY_TELEPHONE not in narrowed(session, shown).actions
    assert SETTLED_IN_WRITING not in narrowed(session, shown).actions


@pytest.mark.parametrize(("service", "kind"), KINDS)
def test_what_could_be_settled_by_telephone_can_be_settled_by_an_answer(
    asked: Asked, desk_key: dict[str, str], session: Session, clock: FixedClock, service: str, kind: str
) -> None:
    desk = system.service(service).desk
    if SETTLED_BY_TELEPHONE not in desk.kind(kind).actions or kind in OF_FAMILIES:
        return
    answers(asked, desk_key)
    session.expire_all()
    one = WorkItem(uuid4(), kind, "no-rule", asked.id, {}, None, clock.now(), None, None)
    shown = narrowed(session, in_full(desk, one, view=View(asker=asked.id)))
    assert SETTLED_IN_WRITING in shown.actions


@pytest.fixture
def desk_key(make_key: Callable[..., dict[str, str]]) -> dict[str, str]:
    return make_key("intake", "desk")


def test_their_item_leads_to_the_conversation_and_is_settled_there(
    asked: Asked,
    desk_key: dict[str, str],
    session: Session,
    runtime_for: Callable[[str], Runtime],
    client_for: Callable[[str], TestClient],
) -> None:
    client: Any = one_desk(runtime_for, client_for)
    sign_in(client, session)
    [path] = paths_in(client.get("/desk").text)
    page = client.get(path, headers={"Accept-Language": "en"}).text
    assert f"/desk/requests/{asked.reference}/conversation" in page
    assert "Settled by telephone" not in page
    refused = press(client, path, page, action=SETTLED_BY_TELEPHONE)
    assert refused.status_code == 409
    assert "That is not there for this asker" in refused.text
    item = path.rpartition("/")[2]
    by_key = client.post(
        f"/v1/work-items/{item}/resolutions", json={"action": SETTLED_BY_TELEPHONE}, headers=desk_key
    )
    assert by_key.status_code == 409
    answers(asked, desk_key)
    assert press(client, path, client.get(path).text, action=SETTLED_IN_WRITING).status_code == 303
    state = client.get(f"/v1/advice-requests/{asked.reference}", headers=asked.bearer).json()["state"]
    assert state == "closed"
