"""What is asked on the site, as a browser without JavaScript sends it, step by step."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.asking.answers import Answers
from services.intake.asking.steps import BY_CODE
from services.intake.requests import commands
from services.intake.requests.commands import SentForm
from services.intake.requests.rules import examine
from services.intake.requests.schemas import AdviceRequestIn
from services.intake.requests.tables import AdviceRequest, Doubt, State
from shared.clock import FixedClock
from tests.intake.requests.questions import (
    CHECK,
    NL,
    fields,
    forget,
    press,
    question,
    send,
    shown_token,
    walk,
)


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


def test_a_question_by_form_is_kept_and_shows_reference_and_code(
    client: TestClient, session: Session
) -> None:
    page = send(client, fields())
    assert page.status_code == 200
    stored = session.exec(select(AdviceRequest)).one()
    assert stored.reference in page.text
    assert re.search(r"[2-9B-Z]{4}-[2-9B-Z]{4}-[2-9B-Z]{4}-[2-9B-Z]{4}", page.text)
    assert (stored.phone, stored.needs) == ("+32470123456", ["bezoek", "uitleg"])
    assert "Noor" not in page.text


def test_a_second_press_of_the_button_is_the_same_question(client: TestClient, session: Session) -> None:
    page = walk(client, fields())
    first, second = press(client, page, fields()), press(client, page, fields())
    assert (first.status_code, second.status_code) == (200, 200)
    codes = re.findall(r'class="wz-code">([^<]+)<', first.text)
    assert len(codes) == 2
    assert codes == re.findall(r'class="wz-code">([^<]+)<', second.text)
    assert len(session.exec(select(AdviceRequest)).all()) == 1


def test_an_empty_step_names_every_mistake_on_top_and_beside_its_field(
    client: TestClient, session: Session
) -> None:
    """Each step is sent empty once, and then filled in."""
    seen: list[str] = []
    path, filled = "/ask", fields(channel="email", email="noor@example.org")
    while path != CHECK:
        token = shown_token(client.get(path, headers=NL).text)
        page = client.post(path, data={"form": token}, headers=NL)
        if page.status_code == 400:
            assert "<title>Fout: " in page.text
            for field in re.findall(r'href="#(\w+)"', page.text.partition('id="mistakes"')[2]):
                seen.append(field)
                assert f'id="{field}-error"' in page.text, field
                assert f'id="{field}"' in page.text, field
        path = client.post(path, data={**filled, "form": token}, headers=NL).headers["location"]
    page = client.get(CHECK, headers=NL)
    lacking = press(client, page, {"store": ""})
    assert lacking.status_code == 400
    assert 'href="#store"' in lacking.text
    assert 'id="store-error"' in lacking.text
    assert seen == ["secret", "who", "share", "needs", "country", "postcode", "channel", "email"]
    assert session.exec(select(AdviceRequest)).all() == []


def test_what_was_filled_in_is_still_there_after_a_mistake(client: TestClient) -> None:
    page = walk(client, fields(postcode="0000", question="Mag mijn <zus> mee?"))
    assert page.status_code == 400
    assert 'value="0000"' in page.text
    assert re.search(r'value="BE"[^>]* checked', page.text)
    assert "Mag mijn &lt;zus&gt; mee?" in client.get("/ask/words", headers=NL).text
    assert re.search(r'value="bezoek"[^>]* checked', client.get("/ask/about", headers=NL).text)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phone": "02 555 12 12"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"channel": "email", "email": "noor"}, "email"),
        ({"secret": "yes", "safe_days": ["mon"], "safe_from": "20:00", "safe_to": "17:00"}, "safe_to"),
        ({"secret": "yes", "safe_days": ["mon"], "safe_from": "5 o'clock", "safe_to": "17:00"}, "safe_from"),
        ({"secret": "yes", "safe_days": ["someday"]}, "safe_days"),
        ({"question": "x" * 4001}, "question"),
        ({"audience": "aunt"}, "who"),
        ({"needs": ["shoes"]}, "needs"),
    ],
)
def test_each_mistake_stands_beside_its_own_field(
    client: TestClient, changes: dict[str, Any], field: str
) -> None:
    page = walk(client, fields(**changes))
    assert page.status_code == 400
    assert re.findall(r'href="#(\w+)"', page.text.split("</nav>")[-1])[0] == field
    assert f'id="{field}-error"' in page.text


def test_times_in_the_wrong_order_are_wrong_at_both_and_the_days_are_not(client: TestClient) -> None:
    times = {"safe_days": ["mon"], "safe_from": "20:00", "safe_to": "17:00"}
    page = walk(client, fields(secret="yes", **times)).text
    wrong = re.findall(r'id="(\w+)"[^>]* aria-describedby="safe_to-error" aria-invalid="true"', page)
    assert wrong == ["safe_from", "safe_to"]
    assert "De tijd bij &#39;Tot&#39; moet later zijn" in page.partition('id="safe_to-error"')[2][:100]
    assert 'id="safe_days-error"' not in page


def test_what_belongs_to_another_way_of_contact_is_not_asked_and_not_kept(
    client: TestClient, session: Session
) -> None:
    page = send(client, fields(channel="email", email="Noor@Example.org", phone="nonsense"))
    assert page.status_code == 200
    stored = session.exec(select(AdviceRequest)).one()
    assert (stored.phone, stored.email) == (None, "noor@example.org")


def test_safe_times_are_kept_as_one_row_of_the_form_says(client: TestClient, session: Session) -> None:
    send(client, fields(secret="yes", safe_days=["mon", "wed"], safe_from="17:00", safe_to="20:00"))
    assert session.exec(select(AdviceRequest)).one().safe_times == [
        {"days": ["mon", "wed"], "from": "17:00:00", "to": "20:00:00"}
    ]


def test_what_changes_between_two_presses_is_another_question_that_a_person_reads_first(
    client: TestClient, session: Session, clock: FixedClock
) -> None:
    """The second came while the first was on its way: it is no longer what was sent then."""
    for words in ("Mag ik mee?", "Mag mijn <zus> mee?", "Mag mijn <zus> mee?"):
        examined = examine(AdviceRequestIn.model_validate(question(question=words)))
        commands.submit(session, examined, SentForm("asking:1", "192.0.2.1"), at=clock.now())
    by_doubt = {one.doubt: one.question for one in session.exec(select(AdviceRequest))}
    assert by_doubt == {None: "Mag ik mee?", Doubt.FORM_SENT_TWICE: "Mag mijn <zus> mee?"}


def test_another_language_shows_the_step_as_it_was_and_keeps_nothing(
    client: TestClient, session: Session
) -> None:
    walk(client, fields(country=""))
    path = "/ask/words"
    token = shown_token(client.get(path, headers=NL).text)
    half = {"form": token, "question": "Mag mijn <zus> mee?", "switch": "nl"}
    page = client.post(f"{path}?lang=fr", data=half, headers=NL)
    assert page.status_code == 200
    assert '<html lang="fr">' in page.text
    assert "Mag mijn &lt;zus&gt; mee?" in page.text
    assert 'id="mistakes"' not in page.text
    assert "data-done" not in page.text
    assert shown_token(page.text) == token
    assert "zus" not in client.get(path, headers=NL).text
    on = client.post(f"{path}?lang=fr", data={"form": token, "question": "Oui"}, headers=NL)
    assert on.headers["location"] == "/ask/place?lang=fr"


@pytest.mark.parametrize(("chosen", "then"), [("nl", "fr"), ("tr", "tr")])
def test_help_is_wanted_in_the_language_of_the_page_unless_another_was_chosen(
    client: TestClient, chosen: str, then: str
) -> None:
    walk(client, fields())
    token = shown_token(client.get("/ask/place", headers=NL).text)
    sent = {"form": token, "language": chosen, "switch": "nl"}
    page = client.post("/ask/place?lang=fr", data=sent, headers=NL)
    [selected] = re.findall(r'<option value="(\w+)"[^>]* selected', page.text.partition('id="language"')[2])
    assert selected == then


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Antwoord daarop JA, dan gaan we verder."),
        ({}, "Zodra een organisatie ja zegt, krijg je een sms."),
        ({"channel": "email", "email": "n@example.org"}, "Druk op de link daarin, dan gaan we verder."),
        (
            {"channel": "email", "email": "n@example.org"},
            "Zodra een organisatie ja zegt, krijg je een e-mail.",
        ),
        ({"channel": "phone"}, "Een adviseur van ons leest eerst je vraag."),
        ({"channel": "phone"}, "Zodra een organisatie ja zegt, bellen we je."),
        ({"channel": "none"}, "Kijk zelf op deze site of er nieuws is."),
        ({"danger": "yes"}, "We delen hem met niemand voordat dat gebeurd is."),
        ({"share": "ask-first"}, "We delen je vraag met niemand zonder jouw ja."),
        ({"share": "no", "danger": "yes"}, "We delen je vraag met niemand, want dat wilde je niet."),
    ],
)
def test_what_happens_now_is_told_as_it_will_be(
    client: TestClient, changes: dict[str, str], said: str
) -> None:
    page = send(client, fields(**changes)).text
    assert said in page
    assert ("Daarna zoeken we een organisatie" in page) is not ({"share", "danger"} & changes.keys() != set())


def test_who_works_with_a_child_may_say_for_whom_the_help_is(client: TestClient, session: Session) -> None:
    send(client, fields(audience="school", help_for=["carer", "professional"]))
    assert session.exec(select(AdviceRequest)).one().help_for == ["carer", "professional"]


def test_danger_shows_whom_to_call_on_the_page_that_answers(client: TestClient, session: Session) -> None:
    page = send(client, fields(danger="yes", audience="school"))
    assert "Vertrouwenscentrum Kindermishandeling" in page.text
    assert 'href="tel:112"' in page.text
    assert session.exec(select(AdviceRequest)).one().state is State.HELD


def test_a_form_that_is_not_ours_is_shown_again_and_takes_nothing_in(
    client: TestClient, session: Session
) -> None:
    page = client.post("/ask", data=fields(form="made.up.token"), headers=NL)
    assert page.status_code == 400
    assert "set-cookie" not in page.headers
    assert re.search(r'name="secret" value="no" checked', page.text)
    walk(client, fields())
    for path in ("/ask/words", CHECK):
        answer = client.post(path, data=fields(form="made.up.token", question="Nee"), headers=NL)
        assert answer.status_code == 410
    assert "Nee" not in client.get("/ask/words", headers=NL).text.partition("<textarea")[2]
    assert session.exec(select(AdviceRequest)).all() == []


@pytest.mark.parametrize(("language", "title"), [("nl", "Stel je vraag"), ("fr", "Posez votre question")])
def test_the_form_speaks_the_readers_language(client: TestClient, language: str, title: str) -> None:
    for page in (
        client.get("/ask", headers={"Accept-Language": language}),
        client.get(f"/ask?lang={language}", headers={"Accept-Language": "en"}),
    ):
        assert f'<html lang="{language}">' in page.text
        assert title in page.text


@pytest.mark.parametrize("path", ["/", "/ask", "/ask/who", "/status", "/help", "/nowhere"])
def test_every_page_has_a_way_out_and_lets_nothing_be_kept(client: TestClient, path: str) -> None:
    page = client.get(path, headers=NL)
    assert re.search('class="wz-leave" href="(https://|/ask/leave")', page.text)
    assert page.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_every_field_of_a_question_is_asked_in_some_step_and_every_step_asks_what_goes_somewhere(
    client: TestClient,
) -> None:
    asked: set[str] = set()
    for channel in ("sms", "phone", "email", "letter", "worker"):
        for who in ("carer", "other"):
            reach = {"worker_email": "ann@school.example", "address": "Lange Weg 1", "email": "n@example.org"}
            worker = {"worker_organisation": "School", "worker_name": "Ann"}
            forget(client)
            walk(client, fields(who=who, channel=channel, secret="yes", **reach, **worker))
            for code in BY_CODE:
                page = client.get("/ask" if code == "begin" else f"/ask/{code}", headers=NL)
                asked |= set(re.findall(r'name="(\w+)"', page.text.partition('id="ask"')[2]))
    assert asked - {"form", "secret", "who"} == set(Answers.places()) - {"store"}
