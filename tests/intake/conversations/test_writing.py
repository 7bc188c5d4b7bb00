"""Asker and centre write to each other where reference and code lead, and nobody else reads along."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.conversations.tables import Written
from services.intake.requests.tables import AdviceRequest
from shared.desk.items import open_items
from shared.messaging.tables import outbox
from shared.security import keystore
from tests.intake.conversations.asked import NL, Asked, answers


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


@pytest.fixture
def desk(make_key: Callable[..., dict[str, str]]) -> dict[str, str]:
    return make_key("intake", "desk")


@pytest.fixture
def asked(client: TestClient, make_key: Callable[..., dict[str, str]]) -> Asked:
    return Asked(client, make_key("intake", "requests:write"))


def told(session: Session) -> list[str]:
    rows = session.execute(select(outbox.c.type).order_by(outbox.c.sequence)).scalars()
    return [one for one in rows if "answer.written" in one]


def test_what_the_centre_answers_is_read_with_the_code_and_answered_there(
    asked: Asked, desk: dict[str, str], session: Session
) -> None:
    answers(asked, desk, "We hebben een groep gevonden.")
    page = asked.page()
    assert "We hebben een groep gevonden." in page
    assert "Nieuw" in page
    assert "Nieuw</strong>" not in asked.page()
    assert asked.writes("Dank je, wanneer?").status_code == 200
    listed = asked.client.get(asked.path, headers=asked.bearer).json()
    assert [(one["from"], one["text"]) for one in listed["items"]] == [
        ("centre", "We hebben een groep gevonden."),
        ("asker", "Dank je, wanneer?"),
    ]
    assert listed["total"] == 2


def test_what_an_asker_writes_waits_for_a_person_once_and_anew_after_it_was_answered(
    asked: Asked, desk: dict[str, str], session: Session
) -> None:
    asked.writes("Eerst dit.")
    asked.writes("En nog iets.")
    [item] = open_items(session, kind="asker-wrote")
    assert item.details["reference"] == asked.reference
    answers(asked, desk)
    session.expire_all()
    assert open_items(session, kind="asker-wrote") == []
    asked.writes("En dan?")
    assert len(open_items(session, kind="asker-wrote")) == 1


def test_a_button_pressed_twice_writes_once(asked: Asked, session: Session) -> None:
    page = asked.page()
    for _ in range(2):
        assert asked.writes("Ik ben er nog.", page).status_code == 200
    assert len(session.exec(select(Written)).all()) == 1


def test_only_a_tick_says_danger_and_then_it_comes_first_with_numbers_to_call(
    asked: Asked, session: Session
) -> None:
    asked.writes("Dit is gevaarlijk, help.")
    assert [one.reason for one in open_items(session, kind="asker-wrote")] == ["asker-wrote"]
    page = asked.writes("Nu echt.", danger="yes").text
    assert [one.reason for one in open_items(session, kind="asker-wrote")] == ["danger-now"]
    assert "Bel nu, wacht niet op ons" in page
    asked.writes("Ik wacht.")
    assert [one.reason for one in open_items(session, kind="asker-wrote")] == ["danger-now"]


@pytest.mark.parametrize(("text", "said"), [(" ", "Schrijf eerst iets"), ("x" * 4001, "te lang")])
def test_what_cannot_be_kept_stays_on_the_page_with_the_reason(asked: Asked, text: str, said: str) -> None:
    answer = asked.writes(text)
    assert answer.status_code == 400
    assert said in answer.text
    assert text.strip() in answer.text


def test_who_wrote_very_often_keeps_what_they_typed(asked: Asked, session: Session) -> None:
    page = asked.page()
    for number in range(30):
        assert asked.writes(f"bericht {number}", page).status_code == 200
    refused = asked.writes("nog een", page)
    assert refused.status_code == 400
    assert "nog een</textarea>" in refused.text
    assert len(session.exec(select(Written)).all()) == 30


def test_danger_is_taken_in_however_much_was_written_in_calm(asked: Asked, session: Session) -> None:
    page = asked.page()
    for number in range(31):
        asked.writes(f"bericht {number}", page)
    assert asked.writes("Nu echt.", page, danger="yes").status_code == 200
    assert [one.reason for one in open_items(session, kind="asker-wrote")] == ["danger-now"]


def test_a_key_stays_a_key_though_it_is_no_longer_remembered(
    asked: Asked, desk: dict[str, str], session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that was right is remembered for seconds. It may be forgotten in the midst of a request."""
    answers(asked, desk, "Alleen voor jou.")
    monkeypatch.setattr(keystore, "REMEMBER_SECONDS", 0.0)
    asked.client.get(asked.path, headers=desk)
    assert session.exec(select(Written)).one().seen_by_asker_at is None
    assert answers(asked, desk, "Nog iets.").json()["from"] == "centre"


def test_without_the_code_nothing_is_read_or_written(
    asked: Asked, desk: dict[str, str], make_key: Callable[..., dict[str, str]], session: Session
) -> None:
    answers(asked, desk, "Alleen voor jou.")
    others = [
        asked.headers,
        make_key("intake", "requests:read"),
        make_key("intake", "desk", organisation="partner-1"),
        {"Authorization": "Bearer BBBB-BBBB-BBBB-BBBB"},
    ]
    for headers in others:
        assert asked.client.get(asked.path, headers=headers).status_code == 404
        assert asked.client.post(asked.path, json={"text": "x"}, headers=headers).status_code == 404
    wrong = asked.client.post(
        "/status/messages", data=asked.proof | {"code": "BBBB", "text": "x"}, headers=NL
    )
    assert wrong.status_code == 404
    assert len(session.exec(select(Written)).all()) == 1


def test_the_same_key_and_words_write_once_and_other_words_are_refused(asked: Asked) -> None:
    first = asked.says("Een keer.", **{"Idempotency-Key": "k1"})
    again = asked.says("Een keer.", **{"Idempotency-Key": "k1"})
    other = asked.says("Iets anders.", **{"Idempotency-Key": "k1"})
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert asked.client.get(first.headers["Location"], headers=asked.bearer).json() == first.json()
    assert (other.status_code, other.json()["type"].endswith("idempotency-key-reused")) == (409, True)


@pytest.mark.parametrize("text", ["", "  ", "x" * 4001])
def test_what_a_program_sends_without_words_or_with_too_many_is_refused(asked: Asked, text: str) -> None:
    assert asked.says(text).status_code == 400


def test_an_asker_is_told_of_one_answer_until_they_have_read_it(
    asked: Asked, desk: dict[str, str], session: Session
) -> None:
    answers(asked, desk, "Een.")
    answers(asked, desk, "Twee.")
    assert len(told(session)) == 1
    asked.page()
    answers(asked, desk, "Drie.")
    assert len(told(session)) == 2


def test_whoever_took_their_question_back_is_written_no_more_and_reads_what_was_said(
    asked: Asked, desk: dict[str, str], session: Session
) -> None:
    answers(asked, desk, "Nog net.")
    asked.client.delete(f"/v1/advice-requests/{asked.reference}", headers=asked.bearer)
    late = asked.client.post(asked.path, json={"text": "Te laat."}, headers=desk)
    assert (late.status_code, late.json()["type"].endswith("withdrawn")) == (409, True)
    assert asked.says("Toch nog.").status_code == 409
    assert "Nog net." in asked.page()
    assert len(session.exec(select(Written)).all()) == 1


def test_words_are_unreadable_in_the_database_and_go_with_the_person(
    asked: Asked, desk: dict[str, str], session: Session
) -> None:
    asked.writes("kwetterdekwet")
    row = session.connection().exec_driver_sql("SELECT text, key FROM conversation_messages").one()
    assert b"kwetter" not in bytes(row[0])
    done = asked.client.post("/v1/erasures", json={"reference": asked.reference}, headers=desk)
    assert done.status_code == 202, done.text
    assert session.connection().exec_driver_sql("SELECT count(*) FROM conversation_messages").scalar() == 0
    session.expire_all()
    found = session.get(AdviceRequest, asked.id)
    assert found is not None
    assert found.unread_answer_since is None


def test_what_was_written_at_one_moment_stands_in_its_order(asked: Asked) -> None:
    for text in ("a", "b", "c"):
        asked.says(text)
    items = asked.client.get(asked.path, headers=asked.bearer).json()["items"]
    assert [one["text"] for one in items] == ["a", "b", "c"]
