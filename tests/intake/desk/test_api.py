"""The items of all services for programs, by key: one list with one cursor, and one address to decide on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlmodel import Session

from shared.audit.tables import audit_entries
from shared.clock import FixedClock
from shared.runtime import Runtime
from tests.intake.desk.desk import put
from tests.kit.lists import all_of
from tests.kit.peers import fake

ClientFor = Callable[[str], TestClient]
RuntimeFor = Callable[[str], Runtime]
SessionFor = Callable[[str], Session]
Key = dict[str, str]


@pytest.fixture
def key(make_key: Callable[..., Key]) -> Key:
    return make_key("intake", "desk", name="the desk's program")


@pytest.fixture
def put_everywhere(session_for: SessionFor, clock: FixedClock) -> list[str]:
    """Seven items, one a minute, in turn at each service; the last is of somebody in danger now."""
    order = ["intake", "referral", "notify", "notify", "notify", "intake", "referral"]
    subjects = []
    for number, service in enumerate(order):
        reason = "danger-now" if number == 6 else "no-rule"
        at = clock.now() + timedelta(minutes=number)
        subjects.append(str(put(session_for(service), at, reason, words="Mag oma mee?")))
    return [subjects[6], *subjects[:6]]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_page_by_page_every_item_of_three_services_comes_once_and_in_order(
    client: TestClient, key: Key, put_everywhere: list[str], limit: int
) -> None:
    found = all_of(client, "/v1/work-items?service=all", key, limit)
    assert [one["subjectId"] for one in found] == put_everywhere
    assert {one["service"] for one in found} == {"intake", "referral", "notify"}
    assert all(one["text"] == "Mag oma mee?" and one["actions"] for one in found)


@pytest.mark.parametrize(("query", "number"), [("", 2), ("?service=intake", 2), ("?service=notify", 3)])
def test_one_service_is_listed_alone(
    client: TestClient, key: Key, put_everywhere: list[str], query: str, number: int
) -> None:
    page = client.get(f"/v1/work-items{query}", headers=key).json()
    assert (len(page["items"]), page["total"], page["next"]) == (number, number, None)


def test_while_a_service_is_away_the_list_names_it(
    client: TestClient, key: Key, put_everywhere: list[str], runtime_for: RuntimeFor
) -> None:
    fake(runtime_for("intake"), "referral").away = True
    page = client.get("/v1/work-items?service=all", headers=key).json()
    assert (page["total"], page["away"]) == (5, ["referral"])


@pytest.mark.parametrize("service", ["intake", "referral", "notify"])
def test_a_decision_on_any_item_is_carried_out_where_it_is_and_once(
    client: TestClient, key: Key, session_for: SessionFor, clock: FixedClock, service: str
) -> None:
    session = session_for(service)
    put(session, clock.now())
    [item] = client.get(f"/v1/work-items?service={service}", headers=key).json()["items"]
    path, decision = f"/v1/work-items/{item['id']}", {"action": "settled-by-telephone"}
    wrong = client.post(f"{path}/resolutions", json={"action": "dance"}, headers=key)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "action")
    done = client.post(f"{path}/resolutions", json=decision, headers=key)
    assert (done.status_code, done.headers["location"]) == (201, path)
    again = client.post(f"{path}/resolutions", json=decision, headers=key)
    assert (again.status_code, again.json()["type"].rsplit("/")[-1]) == (409, "already-resolved")
    found = client.get(path, headers=key).json()
    assert (found["service"], found["resolution"]) == (service, "settled-by-telephone")
    by = session.execute(text("SELECT resolved_by FROM work_items")).scalar_one()
    assert by == "the desk's program"
    [deed] = [row for row in session.execute(select(audit_entries)).all() if row.deed == "work-item.resolve"]
    assert deed.who.startswith("key:")


def test_an_item_that_is_nowhere_is_not_found_and_where_a_service_is_away_nobody_says_so(
    client: TestClient, key: Key, runtime_for: RuntimeFor
) -> None:
    path = f"/v1/work-items/{uuid4()}"
    assert client.get(path, headers=key).status_code == 404
    fake(runtime_for("intake"), "notify").away = True
    assert client.get(path, headers=key).status_code == 503


@pytest.mark.parametrize("cursor", ["", "nonsense", "WzFd.c2ln", "€"])
def test_a_cursor_that_no_list_gave_is_refused(client: TestClient, key: Key, cursor: str) -> None:
    answer = client.get("/v1/work-items", params={"service": "all", "cursor": cursor}, headers=key)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "cursor")


def test_a_service_that_is_none_is_refused(client: TestClient, key: Key) -> None:
    assert client.get("/v1/work-items?service=nobody", headers=key).status_code == 400


def test_words_that_a_program_read_are_noted(
    client: TestClient, key: Key, put_everywhere: list[str], session_for: SessionFor
) -> None:
    client.get("/v1/work-items?service=all", headers=key)
    for service in ("intake", "referral", "notify"):
        deeds = session_for(service).execute(select(audit_entries)).all()
        assert {(row.deed, row.why) for row in deeds} == {("reveal.words", "list")}
        assert all(row.who.startswith("key:") and UUID(str(row.id)) for row in deeds)


def test_it_is_for_keys_of_the_desk_alone(client: TestClient, make_key: Callable[..., Key]) -> None:
    assert client.get("/v1/work-items?service=all").status_code == 401
    other = make_key("intake", "requests:read")
    assert client.get("/v1/work-items?service=all", headers=other).status_code == 403
