"""An adviser reads a conversation and answers in it; what they type is never lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlmodel import Session

from services.intake.conversations.tables import Draft
from services.intake.requests import commands as requests
from services.intake.requests.tables import AdviceRequest
from services.intake.staff.tables import Role
from shared.audit.tables import audit_entries
from shared.clock import FixedClock
from shared.desk.items import open_item, open_items
from shared.messaging.tables import outbox
from shared.vocabulary import Share
from tests.intake.conversations.asked import Asked
from tests.kit.desk import token_in
from tests.kit.staff import sign_in

EN = {"Accept-Language": "en"}


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


@pytest.fixture
def asked(client: TestClient, make_key: Callable[..., dict[str, str]]) -> Asked:
    return Asked(client, make_key("intake", "requests:write"), question="Hoe vertel ik het?")


@pytest.fixture
def desk_key(make_key: Callable[..., dict[str, str]]) -> dict[str, str]:
    return make_key("intake", "desk")


@pytest.fixture
def noor(client: TestClient, session: Session) -> UUID:
    return sign_in(client, session)


def path(asked: Asked) -> str:
    return f"/desk/requests/{asked.reference}/conversation"


def opened(asked: Asked) -> str:
    answer = asked.client.get(path(asked), headers=EN)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def send(asked: Asked, text: str, do: str = "send", page: str = "", **more: str) -> Any:
    sent = {"form": token_in(page or opened(asked)), "text": text, "do": do} | more
    return asked.client.post(path(asked), data=sent, headers=EN)


def test_an_adviser_reads_and_answers_and_the_asker_reads_it(
    asked: Asked, noor: UUID, session: Session
) -> None:
    asked.writes("Ik durf niet te bellen.")
    page = opened(asked)
    assert "Hoe vertel ik het?" in page
    assert "Ik durf niet te bellen." in page
    assert "New</strong>" in page
    assert send(asked, "Schrijf het in kleine stappen.").status_code == 303
    assert open_items(session, kind="asker-wrote") == []
    assert "Schrijf het in kleine stappen." in asked.page()
    assert "(read)" in opened(asked)


def test_who_read_the_words_is_noted_and_the_words_are_not(
    asked: Asked, noor: UUID, session: Session
) -> None:
    opened(asked)
    noted = session.execute(select(audit_entries)).all()
    assert [(one.who, one.deed, one.about, one.why) for one in noted if one.deed == "reveal.words"] == [
        (f"staff:{noor}", "reveal.words", f"advice-request:{asked.id}", "conversation")
    ]
    assert "vertel" not in str(noted)


@pytest.mark.parametrize("role", [one for one in Role if one not in (Role.ADVISER, Role.SENIOR)])
def test_nobody_but_an_adviser_or_a_senior_reads_it(
    client: TestClient, asked: Asked, session: Session, role: Role
) -> None:
    sign_in(client, session, role)
    assert client.get(path(asked)).status_code == 403
    assert client.post(path(asked), data={"text": "x", "do": "send"}).status_code == 403


def test_an_answer_sent_twice_is_one_answer(asked: Asked, noor: UUID) -> None:
    page = opened(asked)
    for _ in range(2):
        assert send(asked, "Een keer.", page=page).status_code == 303
    assert asked.page().count("Een keer.") == 1


def test_what_was_typed_is_there_after_signing_in_again_and_for_nobody_else(
    asked: Asked, noor: UUID, client: TestClient, client_for: Callable[[str], TestClient], session: Session
) -> None:
    page = opened(asked)
    typed = {"form": token_in(page), "text": "Half af"}
    assert client.post(f"{path(asked)}/draft", data=typed).json() == {"kept": True}
    client.cookies.clear()
    ended = client.post(f"{path(asked)}/draft", data=typed, follow_redirects=False)
    assert ended.status_code == 303
    sign_in(client, session)
    assert "Half af</textarea>" in opened(asked)
    other = client_for("intake")
    sign_in(other, session, name="Sam")
    assert "Half af" not in other.get(path(asked)).text
    raw = session.connection().exec_driver_sql("SELECT text FROM answer_drafts").scalar()
    assert raw
    assert b"Half" not in bytes(raw)


def test_an_answer_that_was_sent_leaves_no_draft(asked: Asked, noor: UUID, session: Session) -> None:
    send(asked, "Klaar", do="keep")
    assert "Klaar</textarea>" in opened(asked)
    send(asked, "Klaar")
    assert session.execute(select(Draft)).all() == []


def test_who_takes_a_question_back_while_an_answer_is_written_gets_none_and_no_word_is_lost(
    asked: Asked, noor: UUID, session: Session, clock: FixedClock
) -> None:
    page = opened(asked)
    requests.withdraw(session, asked.id, at=clock.now())
    answer = send(asked, "Net te laat.", page=page)
    assert answer.status_code == 400
    assert "has just been withdrawn" in answer.text
    assert "Net te laat." in answer.text
    assert "Net te laat." in opened(asked)
    assert "Net te laat." not in asked.page()


@pytest.mark.parametrize(
    ("text", "why"), [("", "Write something first"), ("x" * 4001, "too long"), ("Bel {service}.", "braces")]
)
def test_an_answer_that_is_not_finished_is_not_sent(asked: Asked, noor: UUID, text: str, why: str) -> None:
    answer = send(asked, text)
    assert answer.status_code == 400
    assert why in answer.text
    assert text in answer.text


def test_an_answer_can_be_the_end_of_a_question_and_is_told_all_the_same(
    asked: Asked, noor: UUID, client: TestClient
) -> None:
    send(asked, "Dit is alles.", closes="yes")
    state = client.get(f"/v1/advice-requests/{asked.reference}", headers=asked.bearer).json()["state"]
    assert state == "closed"
    assert "Dit is alles." in asked.page()
    assert asked.writes("Nog een vraag.").status_code == 200


def wait_for_somebody(session: Session, asked: Asked, clock: FixedClock, *kinds: str) -> None:
    for kind in kinds:
        open_item(session, kind=kind, reason=kind, subject_id=asked.id, dedupe_key=kind, at=clock.now())
    session.commit()


@pytest.mark.parametrize(
    ("closes", "left"),
    [("", [requests.HOLD, requests.UNPROVEN]), ("yes", [requests.HOLD])],
    ids=["no", "yes"],
)
def test_a_question_that_an_answer_ends_waits_for_nobody_any_more_but_for_safety(
    closes: str, left: list[str], asked: Asked, noor: UUID, session: Session, clock: FixedClock
) -> None:
    wait_for_somebody(session, asked, clock, requests.UNPROVEN, requests.HOLD)
    send(asked, "Dit is alles.", closes=closes)
    session.rollback()
    assert sorted(one.kind for one in open_items(session)) == sorted(left)


@pytest.mark.parametrize(("channel", "offered"), [("sms", True), ("phone", False)])
def test_own_words_are_offered_only_where_they_can_be_sent(
    channel: str,
    offered: bool,
    client: TestClient,
    noor: UUID,
    make_key: Callable[..., dict[str, str]],
) -> None:
    asked = Asked(client, make_key("intake", "requests:write"), contact={"channel": channel})
    assert (f"/desk/requests/{asked.reference}/own-words" in opened(asked)) is offered


def test_a_form_of_another_site_answers_nothing(asked: Asked, noor: UUID) -> None:
    sent = {"text": "x", "do": "send", "form": "made-up"}
    assert asked.client.post(path(asked), data=sent).status_code == 403
    assert asked.client.post(f"{path(asked)}/draft", data=sent).status_code == 403


def test_a_reference_that_nobody_has_is_no_conversation(client: TestClient, noor: UUID) -> None:
    assert client.get("/desk/requests/WZ-2222-2222/conversation").status_code == 404


def updates(session: Session) -> list[Any]:
    session.rollback()
    rows = session.execute(select(outbox.c.type, outbox.c.data).order_by(outbox.c.sequence)).all()
    return [one.data for one in rows if "request.updated" in one.type]


def test_somebody_who_said_no_is_asked_nothing_and_can_write_yes_of_themselves(
    client: TestClient, make_key: Callable[..., dict[str, str]], noor: UUID, session: Session
) -> None:
    no = {"consent": {"share": "no", "store": True}, "contact": {"channel": "none"}}
    asked = Asked(client, make_key("intake", "requests:write"), **no)
    assert "wrote yes" not in opened(asked).lower()
    written = asked.says("Jullie mogen het toch delen.").json()
    page = opened(asked)
    assert "Wrote yes themselves" in page
    sent = {"form": token_in(page), "message": written["id"]}
    assert client.post(f"{path(asked)}/yes", data=sent, headers=EN).status_code == 303
    [change] = updates(session)
    assert (change["change"], change["writtenOn"]) == ("consent-given", "2026-12-01")
    found = session.get(AdviceRequest, asked.id)
    assert found is not None
    assert found.share is Share.YES
    assert "Wrote yes themselves" not in opened(asked)
    noted = [one for one in session.execute(select(audit_entries)).all() if one.deed == "consent.written"]
    assert [(one.who, one.why) for one in noted] == [(f"staff:{noor}", f"message:{written['id']}")]


def test_what_the_centre_wrote_is_no_yes_of_the_asker(
    asked: Asked, noor: UUID, session: Session, desk_key: dict[str, str]
) -> None:
    ours = asked.client.post(asked.path, json={"text": "Mag het?"}, headers=desk_key).json()
    for message in (ours["id"], str(asked.id), "", "x"):
        sent = {"form": token_in(opened(asked)), "message": message}
        assert asked.client.post(f"{path(asked)}/yes", data=sent, headers=EN).status_code in (400, 404)
    assert updates(session) == []
