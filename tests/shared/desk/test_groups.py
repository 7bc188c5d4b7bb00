"""Items that belong together are one line, on the desk's page and for a program with the desk's key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from shared.clock import FixedClock
from shared.desk.items import DANGER_NOW, open_item
from tests.kit.lists import all_of, page_by_page

GROUPS = "/v1/work-item-groups"


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("notify")


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("notify")


@pytest.fixture
def desk(make_key: Callable[..., dict[str, str]]) -> dict[str, str]:
    return make_key("notify", "desk")


def put(session: Session, clock: FixedClock, group: str | None, *, reason: str = "no-rule") -> str:
    """One more item; a minute passes."""
    subject = uuid4()
    clock.advance(timedelta(minutes=1))
    open_item(
        session,
        kind="some",
        reason=reason,
        subject_id=subject,
        dedupe_key=str(subject),
        at=clock.now(),
        group=group,
    )
    session.commit()
    return str(subject)


def test_groups_are_a_list_with_danger_first_that_comes_in_pages(
    session: Session, clock: FixedClock, client: TestClient, desk: dict[str, str]
) -> None:
    for name in ("old", "old", "new"):
        put(session, clock, name)
    for _ in range(3):
        put(session, clock, "red", reason=DANGER_NOW)
    put(session, clock, None)
    found = all_of(client, GROUPS, desk)
    assert [(one["key"], one["number"]) for one in found] == [("red", 3), ("old", 2), ("new", 1)]
    assert found[0]["oldest"] < found[0]["until"]
    pages = list(page_by_page(client, GROUPS, desk))
    assert {page["total"] for page in pages} == {3}


def test_the_items_of_a_group_and_those_of_none_can_be_listed(
    session: Session, clock: FixedClock, client: TestClient, desk: dict[str, str]
) -> None:
    together = [put(session, clock, "one") for _ in range(2)]
    put(session, clock, "other")
    alone = put(session, clock, None)
    found = all_of(client, "/v1/work-items?group=one", desk)
    assert [(one["subjectId"], one["group"]) for one in found] == [(one, "one") for one in together]
    assert [one["subjectId"] for one in all_of(client, "/v1/work-items?alone=true", desk)] == [alone]


@pytest.mark.parametrize(
    ("group", "changed", "status"),
    [
        ("one", {}, 400),
        ("one", {"until": "2026-12-01T09:00:00"}, 400),
        ("one", {"until": "yesterday"}, 400),
        ("one", {"sure": "yes"}, 400),
        ("nobodys", {}, 404),
    ],
)
def test_what_is_not_meant_for_many_or_is_not_clear_changes_nothing(
    session: Session,
    clock: FixedClock,
    client: TestClient,
    desk: dict[str, str],
    group: str,
    changed: dict[str, str],
    status: int,
) -> None:
    put(session, clock, "one")
    [found] = all_of(client, GROUPS, desk)
    assert found["actions"] == []
    sent = {"action": "settled-by-telephone", "until": found["until"]} | changed
    answer = client.post(f"{GROUPS}/{group}/resolutions", json=sent, headers=desk)
    assert answer.status_code == status
    assert all_of(client, GROUPS, desk) == [found]


def test_groups_are_for_the_desk(client: TestClient, make_key: Callable[..., dict[str, str]]) -> None:
    assert client.get(GROUPS).status_code == 401
    assert client.get(GROUPS, headers=make_key("notify", "messages:read")).status_code == 403
