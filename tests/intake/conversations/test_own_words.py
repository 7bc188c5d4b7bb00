"""An adviser texts or mails an asker in words of their own, held to what every text of ours keeps to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlmodel import Session

from services.intake.conversations.tables import OwnWords
from services.intake.requests import commands as requests
from shared.clock import FixedClock
from shared.messaging.tables import outbox
from shared.runtime import Runtime
from tests.intake.conversations.asked import Asked
from tests.kit.desk import one_desk, token_in
from tests.kit.peers import fake
from tests.kit.staff import sign_in

EN = {"Accept-Language": "en"}


@pytest.fixture
def client(runtime_for: Callable[[str], Runtime], client_for: Callable[[str], TestClient]) -> TestClient:
    return one_desk(runtime_for, client_for, "notify")


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


@pytest.fixture
def noor(client: TestClient, session: Session) -> UUID:
    return sign_in(client, session)


@pytest.fixture
def asked(client: TestClient, noor: UUID, make_key: Callable[..., dict[str, str]]) -> Asked:
    return Asked(client, make_key("intake", "requests:write"))


def path(asked: Asked) -> str:
    return f"/desk/requests/{asked.reference}/own-words"


def send(asked: Asked, text: str, where: str = "", page: str = "") -> Any:
    page = page or asked.client.get(path(asked), headers=EN).text
    sent = {"form": token_in(page), "text": text}
    return asked.client.post(f"{path(asked)}{where}", data=sent, headers=EN)


def wanted(session: Session) -> list[Any]:
    session.rollback()
    rows = session.execute(select(outbox.c.type, outbox.c.data).order_by(outbox.c.sequence)).all()
    return [one.data for one in rows if "desk-words" in one.type]


def test_words_are_sent_once_and_are_in_no_event(asked: Asked, session: Session) -> None:
    page = asked.client.get(path(asked), headers=EN).text
    for _ in range(2):
        assert send(asked, "Bel ons even als het kan.", page=page).status_code == 303
    [kept] = session.execute(select(OwnWords)).scalars().all()
    assert (kept.text, kept.channel) == ("Bel ons even als het kan.", "sms")
    [event] = wanted(session)
    assert event == {"requestId": str(asked.id), "wordsId": str(kept.id)}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Je bezoek in de gevangenis", "bezoek"),
        ("x" * 151, "too long"),
        ("  ", "Write something first"),
    ],
)
def test_what_gives_something_away_or_does_not_fit_is_said_while_typing_and_refused(
    asked: Asked, session: Session, text: str, why: str
) -> None:
    assert why in send(asked, text, "/check").json()["said"]
    refused = send(asked, text)
    assert refused.status_code == 400
    assert why in refused.text
    assert text.strip() in refused.text
    assert wanted(session) == []


def test_how_much_still_fits_is_said_while_typing(asked: Asked) -> None:
    said = send(asked, "Dag", "/check").json()
    assert said == {"said": "147 characters left.", "segments": 1}


def test_a_mail_may_be_long_and_say_what_it_is_about(
    client: TestClient, noor: UUID, make_key: Callable[..., dict[str, str]], session: Session
) -> None:
    by_mail = {"channel": "email", "email": "noor@example.org", "phone": None}
    asked = Asked(client, make_key("intake", "requests:write"), contact=by_mail)
    assert send(asked, "Over het bezoek.\n\n" + "y" * 500).status_code == 303
    assert len(wanted(session)) == 1


@pytest.mark.parametrize("contact", [{"channel": "none", "phone": None}, {"channel": "phone"}])
def test_who_chose_no_way_to_be_written_to_is_written_to_nowhere(
    client: TestClient,
    noor: UUID,
    make_key: Callable[..., dict[str, str]],
    session: Session,
    contact: dict[str, Any],
) -> None:
    asked = Asked(client, make_key("intake", "requests:write"), contact=contact)
    other = Asked(client, asked.headers)
    page = client.get(path(asked), headers=EN).text
    assert "Answer in the conversation" in page
    token = token_in(client.get(path(other), headers=EN).text)
    refused = client.post(path(asked), data={"form": token, "text": "Dag"}, headers=EN)
    assert refused.status_code == 409
    assert wanted(session) == []


def test_nothing_goes_to_who_took_the_question_back_meanwhile(
    asked: Asked, session: Session, clock: FixedClock
) -> None:
    page = asked.client.get(path(asked), headers=EN).text
    requests.withdraw(session, asked.id, at=clock.now())
    refused = send(asked, "Dag nog.", page=page)
    assert refused.status_code == 409
    assert "Dag nog." in refused.text
    assert wanted(session) == []


def test_while_nobody_can_check_the_words_they_are_not_sent_and_stay(
    asked: Asked, session: Session, runtime_for: Callable[[str], Runtime]
) -> None:
    fake(runtime_for("intake"), "notify").away = True
    refused = send(asked, "Dag Anna.")
    assert refused.status_code == 503
    assert "Dag Anna.</textarea>" in refused.text
    assert send(asked, "Dag", "/check").status_code == 503
    assert wanted(session) == []
