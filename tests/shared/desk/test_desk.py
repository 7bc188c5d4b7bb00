"""The desk in a browser and by key: who may come in, what waits, and that one decision counts once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text, update
from sqlmodel import Session

from shared.clock import FixedClock
from shared.desk.items import open_item, open_items, resolve
from shared.desk.tables import desk_sessions
from shared.security.tables import api_keys
from shared.web import forms
from tests.intake.requests.questions import from_place
from tests.kit.lists import all_of, page_by_page
from tests.kit.past import set_back

NL = {"Accept-Language": "nl"}


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("notify")


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("notify")


@pytest.fixture
def key(make_key: Callable[..., dict[str, str]]) -> str:
    return make_key("notify", "desk")["Authorization"].removeprefix("Bearer ")


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


def sign_in(client: TestClient, key: str) -> Any:
    return client.post("/desk/sign-in", data={"key": key}, headers=NL)


def form_token(page: str) -> str:
    found = re.search(r'name="form" value="([^"]+)"', page)
    assert found
    return found.group(1)


@pytest.mark.parametrize("path", ["/desk", "/desk/items/6f9f6d3e-2f0a-4c56-9b52-0a8f6c1d2e3a"])
def test_who_is_not_signed_in_is_sent_to_sign_in(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/sign-in")


def test_a_key_of_the_desk_opens_it_and_only_a_hash_of_the_session_is_kept(
    client: TestClient, session: Session, key: str, clock: FixedClock
) -> None:
    put(session, clock.now())
    answer = sign_in(client, key)
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    token = client.cookies["weerzien_desk_notify"]
    assert token not in repr(session.execute(select(desk_sessions)).all())
    page = client.get("/desk", headers=NL)
    assert "something-new" in page.text
    assert key not in page.text


def test_a_key_that_was_pasted_from_a_letter_opens_the_desk(client: TestClient, key: str) -> None:
    assert sign_in(client, f" \u200b{key.replace('-', chr(0x2011))}\u00a0\r\n").status_code == 303


@pytest.mark.parametrize("wrong", ["", "nonsense", "wz_a_b"])
def test_a_key_that_nobody_knows_is_refused_in_words(client: TestClient, wrong: str) -> None:
    page = sign_in(client, wrong)
    assert page.status_code == 401
    assert "Deze sleutel kennen we niet" in page.text


def test_a_key_that_is_not_for_the_desk_is_refused(
    client: TestClient, make_key: Callable[..., dict[str, str]]
) -> None:
    other = make_key("notify", "visits:write")["Authorization"].removeprefix("Bearer ")
    assert sign_in(client, other).status_code == 403


def test_guessing_keys_is_stopped(client: TestClient, key: str) -> None:
    assert [sign_in(client, "wz_a_b").status_code for _ in range(11)] == [401] * 10 + [429]
    # Who has the key comes in, whoever guessed from the same place.
    assert sign_in(client, key).status_code == 303


def test_where_nobodys_place_is_known_nobody_shuts_the_desk_out(client: TestClient, key: str) -> None:
    unknown = from_place(client, "somewhere")
    assert [sign_in(unknown, "wz_a_b").status_code for _ in range(12)] == [401] * 12
    assert sign_in(unknown, key).status_code == 303


def test_a_decision_is_made_once_and_the_second_colleague_hears_it(
    client: TestClient, session: Session, key: str, clock: FixedClock
) -> None:
    item = put(session, clock.now())
    sign_in(client, key)
    page = client.get(f"/desk/items/{item}", headers=NL)
    assert "Mag oma mee?" in page.text
    decision = {"form": form_token(page.text), "action": "settled-by-telephone"}
    assert client.post(f"/desk/items/{item}", data=decision, headers=NL).status_code == 200
    again = client.post(f"/desk/items/{item}", data=decision, headers=NL)
    assert again.status_code == 409
    assert open_items(session) == []


def test_a_form_of_another_site_decides_nothing(
    client: TestClient, session: Session, key: str, clock: FixedClock
) -> None:
    item = put(session, clock.now())
    sign_in(client, key)
    for forged in ({}, {"form": "0" * 64}, {"form": forms.new_token("desk", "another session")}):
        sent = {"action": "settled-by-telephone"} | forged
        assert client.post(f"/desk/items/{item}", data=sent).status_code == 403
    assert len(open_items(session)) == 1


def test_an_action_that_an_item_does_not_have_is_told_on_its_page(
    client: TestClient, session: Session, key: str, clock: FixedClock
) -> None:
    item = put(session, clock.now())
    sign_in(client, key)
    page = client.get(f"/desk/items/{item}", headers=NL)
    sent = {"form": form_token(page.text), "action": "dance"}
    answer = client.post(f"/desk/items/{item}", data=sent, headers=NL)
    assert answer.status_code == 400
    assert "settled-by-telephone" in answer.text
    assert len(open_items(session)) == 1


def test_after_signing_out_the_session_is_over(client: TestClient, key: str) -> None:
    sign_in(client, key)
    token = client.cookies["weerzien_desk_notify"]
    page = client.get("/desk", headers=NL)
    client.post("/desk/sign-out", data={"form": form_token(page.text)})
    client.cookies.set("weerzien_desk_notify", token)
    assert client.get("/desk").status_code == 303


def test_a_session_ends_with_the_last_day_of_its_key(client: TestClient, session: Session, key: str) -> None:
    sign_in(client, key)
    assert client.get("/desk").status_code == 200
    yesterday = datetime.now(UTC).date() - timedelta(days=2)
    session.execute(update(api_keys).values(until=yesterday))
    session.commit()
    assert client.get("/desk").status_code == 303


def test_a_key_past_its_last_day_does_not_sign_in(
    client: TestClient, clock: FixedClock, make_key: Callable[..., dict[str, str]]
) -> None:
    over = make_key("notify", "desk", until=clock.now().date() - timedelta(days=1))
    assert sign_in(client, over["Authorization"].removeprefix("Bearer ")).status_code == 401


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


def test_the_desk_can_go_on_from_a_page_of_a_hundred(
    session: Session, clock: FixedClock, client: TestClient, key: str
) -> None:
    many(session, clock, 101)
    sign_in(client, key)
    page = client.get("/desk", headers=NL)
    assert page.text.count("/desk/items/") == 100
    [onward] = re.findall(r'<a href="([^"]+)" rel="next">Verder</a>', page.text)
    assert client.get(unescape(onward), headers=NL).text.count("/desk/items/") == 1


def test_the_desk_sees_how_much_there_is_and_comes_to_the_end_of_it(
    session: Session, clock: FixedClock, client: TestClient, key: str
) -> None:
    many(session, clock, 5)
    sign_in(client, key)
    page = client.get("/desk?limit=3&lang=fr")
    assert "3 sur 5 sont sur cette page." in page.text
    [onward] = re.findall(r'<a href="([^"]+)" rel="next">Suite</a>', page.text)
    second = client.get(unescape(onward))
    assert second.text.count("/desk/items/") == 2
    assert '<html lang="fr">' in second.text
    assert 'rel="next"' not in second.text


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


def test_a_key_that_is_revoked_ends_what_it_began(client: TestClient, session: Session, key: str) -> None:
    sign_in(client, key)
    assert client.get("/desk").status_code == 200
    session.execute(text("UPDATE api_keys SET revoked_at = now()"))
    session.commit()
    assert client.get("/desk").status_code == 303


def test_a_session_ends_after_its_hours(client: TestClient, session: Session, key: str) -> None:
    sign_in(client, key)
    set_back(session, "desk_sessions", "expires_at", timedelta(0))
    session.commit()
    assert client.get("/desk").status_code == 303
