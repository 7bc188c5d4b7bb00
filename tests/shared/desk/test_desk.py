"""The work items of a service by key: what waits, in what order, and that one decision counts once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlmodel import Session

from shared.clock import FixedClock
from shared.desk.items import open_item, open_items, resolve
from tests.kit.lists import all_of, page_by_page


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("notify")


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("notify")


def put(session: Session, at: datetime, words: str = "Mag oma mee?") -> UUID:
    """Something that nobody registered an action for: it can still be settled by a person."""
    subject = uuid4()
    open_item(
        session,
        kind="something-new",
        reason="no-rule",
        subject_id=subject,
        dedupe_key=str(subject),
        at=at,
        words=words,
    )
    session.commit()
    return open_items(session)[-1].id


def test_the_same_trouble_is_on_the_list_once_while_it_is_open(session: Session, clock: FixedClock) -> None:
    for _ in range(2):
        open_item(
            session,
            kind="trouble",
            reason="again",
            subject_id=uuid4(),
            dedupe_key="trouble:1",
            at=clock.now(),
        )
    session.commit()
    assert len(open_items(session)) == 1


def test_words_of_a_person_are_encrypted_on_the_list(
    session: Session, clock: FixedClock, client: TestClient, make_key: Callable[..., dict[str, str]]
) -> None:
    put(session, clock.now(), "Mag oma mee?")
    assert "oma" not in str(session.execute(text("SELECT * FROM work_items")).mappings().all())
    [item] = client.get("/v1/work-items", headers=make_key("notify", "desk")).json()["items"]
    assert item["text"] == "Mag oma mee?"


def many(session: Session, clock: FixedClock, count: int, *, reason: str = "no-rule") -> list[str]:
    """So many items, one a minute."""
    subjects = []
    for _ in range(count):
        subjects.append(uuid4())
        key = str(subjects[-1])
        at = clock.now()
        open_item(session, kind="some", reason=reason, subject_id=subjects[-1], dedupe_key=key, at=at)
        clock.advance(timedelta(minutes=1))
    session.commit()
    return [str(one) for one in subjects]


def test_who_is_in_danger_now_stands_before_all_that_waits_longer(
    session: Session, clock: FixedClock, client: TestClient, make_key: Callable[..., dict[str, str]]
) -> None:
    before, danger = many(session, clock, 3), many(session, clock, 2, reason="danger-now")
    after = many(session, clock, 2)
    found = all_of(client, "/v1/work-items?kind=some", make_key("notify", "desk"))
    assert [one["subjectId"] for one in found] == [*danger, *before, *after]


def test_a_list_that_changes_while_it_is_read_gives_every_item_that_stays_once(
    session: Session, clock: FixedClock, client: TestClient, make_key: Callable[..., dict[str, str]]
) -> None:
    waiting = many(session, clock, 5)
    seen: list[str] = []
    for page in page_by_page(client, "/v1/work-items", make_key("notify", "desk")):
        seen += [one["subjectId"] for one in page["items"]]
        if len(seen) == 2:
            first = UUID(page["items"][0]["id"])
            resolve(session, first, "settled-by-telephone", at=clock.now(), by="desk")
            danger, waiting = many(session, clock, 1, reason="danger-now"), waiting + many(session, clock, 1)
            assert page["total"] == 5
    assert seen == waiting
    assert page["total"] == 6
    assert danger[0] not in seen


@pytest.mark.parametrize("cursor", ["", "nonsense", "WzFd.c2ln", "\u20ac", "x" * 1001])
def test_a_cursor_that_no_list_gave_is_refused_in_words(
    client: TestClient, make_key: Callable[..., dict[str, str]], cursor: str
) -> None:
    answer = client.get("/v1/work-items", params={"cursor": cursor}, headers=make_key("notify", "desk"))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize("limit", ["0", "1001", "many"])
def test_a_page_has_at_least_one_and_at_most_a_thousand_items(
    client: TestClient, make_key: Callable[..., dict[str, str]], limit: str
) -> None:
    answer = client.get(f"/v1/work-items?limit={limit}", headers=make_key("notify", "desk"))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "limit"


def test_a_page_has_a_hundred_items_unless_more_are_asked_for(
    session: Session, clock: FixedClock, client: TestClient, make_key: Callable[..., dict[str, str]]
) -> None:
    many(session, clock, 101)
    key = make_key("notify", "desk")
    assert len(client.get("/v1/work-items", headers=key).json()["items"]) == 100
    whole = client.get("/v1/work-items?limit=1000", headers=key).json()
    assert (len(whole["items"]), whole["total"], whole["next"]) == (101, 101, None)


def test_an_item_can_be_looked_up_before_and_after_it_was_dealt_with(
    session: Session, clock: FixedClock, client: TestClient, make_key: Callable[..., dict[str, str]]
) -> None:
    item, desk = put(session, clock.now()), make_key("notify", "desk")
    done = client.post(
        f"/v1/work-items/{item}/resolutions", json={"action": "settled-by-telephone"}, headers=desk
    )
    found = client.get(done.headers["Location"], headers=desk).json()
    assert (found["id"], found["resolution"]) == (str(item), "settled-by-telephone")
    assert client.get(done.headers["Location"]).status_code == 401
