"""Who wants to be asked first says yes on the page of their question, and nobody says it for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.requests import commands, rules, views
from services.intake.requests.tables import AdviceRequest, State
from shared.clock import FixedClock
from shared.messaging.tables import outbox
from shared.runtime import Runtime
from shared.vocabulary import Share
from tests.intake.requests.followed import ask
from tests.intake.requests.questions import NL, fields, send
from tests.kit.details import referral_detail
from tests.kit.peers import fake

__all__ = ["ask"]


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


def changes(session: Session) -> list[str]:
    rows = session.execute(select(outbox).order_by(outbox.c.sequence))  # type: ignore[call-overload]
    return [row.data["change"] for row in rows if "request.updated" in row.type]


def share(session: Session) -> Share:
    session.expire_all()
    return session.exec(select(AdviceRequest)).one().share


@pytest.mark.parametrize("channel", ["none", "sms"])
def test_the_page_says_whom_we_mean_asks_and_takes_the_yes_once(
    client: TestClient, session: Session, ask: Callable[..., dict[str, str]], channel: str
) -> None:
    known = ask("ask-first", contact={"channel": channel})
    page = client.post("/status", data=known, headers=NL).text
    assert 'We denken aan <strong dir="auto">Exodus</strong>' in page
    assert "Ja, jullie mogen mijn vraag delen" in page
    assert changes(session) == []
    for _ in range(2):
        page = client.post("/status/consent", data=known, headers=NL).text
        assert "Ja, jullie mogen mijn vraag delen" not in page
    assert changes(session) == ["consent-given"]
    assert share(session) is Share.YES


def test_where_nobody_is_meant_yet_the_yes_can_be_said_all_the_same(
    client: TestClient, ask: Callable[..., dict[str, str]]
) -> None:
    known = ask("ask-first", meant=None)
    page = client.post("/status", data=known, headers=NL).text
    assert "We denken aan" not in page
    assert "Ja, jullie mogen mijn vraag delen" in page
    assert "Dank je wel" in client.post("/status/consent", data=known, headers=NL).text


def test_a_yes_needs_the_code_that_only_the_asker_has(
    client: TestClient, session: Session, ask: Callable[..., dict[str, str]]
) -> None:
    known = ask("ask-first")
    wrong = known | {"code": "2222-2222-2222-2222"}
    assert client.post("/status/consent", data=wrong, headers=NL).status_code == 404
    assert client.get("/status/consent").status_code == 405
    assert share(session) is Share.ASK_FIRST


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("no", State.WAITING),
        ("ask-first", State.RECEIVED),
        ("ask-first", State.CLOSED),
        ("yes", State.WAITING),
    ],
)
def test_who_said_no_or_is_not_asked_now_is_asked_nothing_and_nothing_changes(
    client: TestClient, session: Session, ask: Callable[..., dict[str, str]], said: str, state: State
) -> None:
    known = ask(said, state=state)
    for path in ("/status", "/status/consent"):
        assert "Ja, jullie mogen mijn vraag delen" not in client.post(path, data=known, headers=NL).text
    assert changes(session) == []
    assert share(session) == said


def test_a_no_is_no_yes_whoever_sends_what(
    session: Session, ask: Callable[..., dict[str, str]], clock: FixedClock
) -> None:
    ask("no", contact={"channel": "none"})
    request = session.exec(select(AdviceRequest)).one()
    assert views.facts(request).may_contact is False
    with pytest.raises(rules.NotAsked):
        commands.give_consent(session, request.id, at=clock.now())
    session.rollback()
    assert share(session) is Share.NO


@pytest.mark.parametrize(
    ("chosen", "says", "not_said"),
    [
        ({"share": "ask-first"}, "overlegt met jou", "Kom hier terug"),
        ({"share": "ask-first", "channel": "none"}, "zie je aan wie we denken", "overlegt met jou"),
        ({"share": "no"}, "neemt contact met je op", "vragen of ze je kan helpen"),
        ({"share": "no", "channel": "none"}, "nemen geen contact met je op", "overlegt met jou"),
    ],
)
def test_what_happens_now_is_told_as_it_will_be(
    client: TestClient, chosen: dict[str, str], says: str, not_said: str
) -> None:
    page = send(client, fields(**chosen)).text
    assert says in page
    assert not_said not in page


@pytest.mark.parametrize(
    ("share", "how", "unplaced", "says"),
    [
        ("yes", {}, None, "kijkt wie je het best kan helpen"),
        ("yes", {}, "no-candidate", "We hebben nog niemand gevonden"),
        ("ask-first", {}, None, "Je wilde eerst gevraagd worden"),
        ("no", {}, None, "We delen je vraag met niemand, want dat wilde je niet"),
    ],
)
def test_why_a_question_waits_is_said_as_it_is(
    client: TestClient,
    session: Session,
    ask: Callable[..., dict[str, str]],
    runtime_for: Callable[[str], Runtime],
    share: str,
    how: dict[str, Any],
    unplaced: str | None,
    says: str,
) -> None:
    known = ask(share, **how)
    referral = session.exec(select(AdviceRequest.referral_id)).one()
    assert referral
    fake(runtime_for("intake"), "referral").learn(
        referral_detail(referral, organisation=None, website=None, unplaced_reason=unplaced)
    )
    assert says in client.post("/status", data=known, headers=NL).text


def test_whose_language_nobody_speaks_reads_in_it_that_an_interpreter_is_sought(
    client: TestClient,
    session: Session,
    ask: Callable[..., dict[str, str]],
    runtime_for: Callable[[str], Runtime],
) -> None:
    known = ask("yes")
    referral = session.exec(select(AdviceRequest.referral_id)).one()
    assert referral
    fake(runtime_for("intake"), "referral").learn(
        referral_detail(
            referral, organisation=None, website=None, unplaced_reason="no-candidate", interpreter=True
        )
    )
    assert "zoekt een tolk" in client.post("/status", data=known, headers=NL).text
    assert "tercüman" in client.post("/status?lang=tr", data=known, headers=NL).text


@pytest.mark.parametrize(("channel", "with_you"), [("none", False), ("sms", True)])
def test_only_who_was_in_touch_with_us_is_told_that_it_was_settled_with_them(
    client: TestClient, ask: Callable[..., dict[str, str]], channel: str, with_you: bool
) -> None:
    page = client.post(
        "/status", data=ask("yes", state=State.CLOSED, contact={"channel": channel}), headers=NL
    )
    assert ("met je afgerond" in page.text) is with_you
