"""The form on the site, as a browser without JavaScript sends it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.requests.form import FIELDS
from services.intake.requests.tables import AdviceRequest, Doubt, State
from tests.intake.requests.questions import NL, fields, send, shown_token, token


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


def test_a_question_by_form_is_kept_and_shows_reference_and_code(
    client: TestClient, session: Session
) -> None:
    page = send(client, fields(client))
    assert page.status_code == 200
    stored = session.exec(select(AdviceRequest)).one()
    assert stored.reference in page.text
    assert re.search(r"[2-9B-Z]{4}-[2-9B-Z]{4}-[2-9B-Z]{4}-[2-9B-Z]{4}", page.text)
    assert (stored.phone, stored.needs) == ("+32470123456", ["bezoek", "uitleg"])
    assert "Noor" not in page.text


def test_a_second_press_of_the_button_is_the_same_question(client: TestClient, session: Session) -> None:
    sent = fields(client)
    first, second = send(client, sent), send(client, sent)
    assert re.findall(r"WZ-\S{4}-\S{4}", first.text) == re.findall(r"WZ-\S{4}-\S{4}", second.text)
    assert len(session.exec(select(AdviceRequest)).all()) == 1


def test_an_empty_form_names_every_mistake_on_top_and_beside_its_field(
    client: TestClient, session: Session
) -> None:
    page = send(client, {"form": token(client)})
    assert page.status_code == 400
    assert "<title>Fout: " in page.text
    for field in ("audience", "needs", "country", "postcode", "channel", "share", "store"):
        assert f'href="#{field}"' in page.text, field
        assert f'id="{field}-error"' in page.text, field
        assert f'id="{field}"' in page.text, field
    assert session.exec(select(AdviceRequest)).all() == []


def test_what_was_filled_in_is_still_there_after_a_mistake(client: TestClient) -> None:
    page = send(client, fields(client, postcode="0000", question="Mag mijn <zus> mee?"))
    assert page.status_code == 400
    assert "Mag mijn &lt;zus&gt; mee?" in page.text
    assert 'value="0470 12 34 56"' in page.text
    assert re.search(r'value="bezoek"[^>]* checked', page.text)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phone": "02 555 12 12"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"channel": "email", "email": "noor"}, "email"),
        ({"safe_days": ["mon"], "safe_from": "20:00", "safe_to": "17:00"}, "safe_to"),
        ({"safe_days": ["mon"], "safe_from": "5 o'clock", "safe_to": "17:00"}, "safe_from"),
        ({"safe_days": ["someday"]}, "safe_days"),
        ({"question": "x" * 4001}, "question"),
        ({"audience": "aunt"}, "audience"),
        ({"needs": ["shoes"]}, "needs"),
    ],
)
def test_each_mistake_stands_beside_its_own_field(
    client: TestClient, changes: dict[str, Any], field: str
) -> None:
    page = send(client, fields(client, **changes))
    assert page.status_code == 400
    assert re.findall(r'href="#(\w+)"', page.text.split("</nav>")[-1])[0] == field
    assert f'id="{field}-error"' in page.text


def test_times_in_the_wrong_order_are_wrong_at_both_and_the_days_are_not(client: TestClient) -> None:
    page = send(client, fields(client, safe_days=["mon"], safe_from="20:00", safe_to="17:00")).text
    wrong = re.findall(r'id="(\w+)"[^>]* aria-describedby="safe_to-error" aria-invalid="true"', page)
    assert wrong == ["safe_from", "safe_to"]
    assert "De tijd bij &#39;Tot&#39; moet later zijn" in page.partition('id="safe_to-error"')[2][:100]
    assert 'id="safe_days-error"' not in page


def test_what_belongs_to_another_way_of_contact_is_not_asked_and_not_kept(
    client: TestClient, session: Session
) -> None:
    page = send(client, fields(client, channel="email", email="Noor@Example.org", phone="nonsense"))
    assert page.status_code == 200
    stored = session.exec(select(AdviceRequest)).one()
    assert (stored.phone, stored.email) == (None, "noor@example.org")


def test_safe_times_are_kept_as_one_row_of_the_form_says(client: TestClient, session: Session) -> None:
    send(client, fields(client, safe_days=["mon", "wed"], safe_from="17:00", safe_to="20:00"))
    assert session.exec(select(AdviceRequest)).one().safe_times == [
        {"days": ["mon", "wed"], "from": "17:00:00", "to": "20:00:00"}
    ]


def test_going_back_to_correct_is_another_question_that_a_person_reads_first(
    client: TestClient, session: Session
) -> None:
    sent = fields(client)
    send(client, sent)
    corrected = sent | {"question": "Mag mijn <zus> mee?"}
    pages = [send(client, corrected) for _ in range(2)]
    assert [page.status_code for page in pages] == [200, 200]
    assert "Een adviseur van ons leest eerst je vraag" in pages[0].text
    by_doubt = {one.doubt: one for one in session.exec(select(AdviceRequest))}
    assert by_doubt.keys() == {None, Doubt.FORM_SENT_TWICE}
    assert by_doubt[Doubt.FORM_SENT_TWICE].reference in pages[1].text


def test_another_language_shows_the_form_as_it_was_and_takes_nothing_in(
    client: TestClient, session: Session
) -> None:
    half = fields(client, postcode="", share="", question="Mag mijn <zus> mee?", switch="nl")
    page = client.post("/?lang=fr", data=half, headers=NL)
    assert page.status_code == 200
    assert '<html lang="fr">' in page.text
    assert "Mag mijn &lt;zus&gt; mee?" in page.text
    assert re.search(r'value="bezoek"[^>]* checked', page.text)
    assert 'id="mistakes"' not in page.text
    assert shown_token(page.text) == half["form"]
    assert session.exec(select(AdviceRequest)).all() == []


@pytest.mark.parametrize(("chosen", "then"), [("nl", "fr"), ("tr", "tr")])
def test_help_is_wanted_in_the_language_of_the_page_unless_another_was_chosen(
    client: TestClient, chosen: str, then: str
) -> None:
    page = client.post("/?lang=fr", data=fields(client, language=chosen, switch="nl"), headers=NL)
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
    page = send(client, fields(client, **changes)).text
    assert said in page
    assert ("Daarna zoeken we een organisatie" in page) is not ({"share", "danger"} & changes.keys() != set())


def test_who_works_with_a_child_may_say_for_whom_the_help_is(client: TestClient, session: Session) -> None:
    send(client, fields(client, audience="school", help_for=["carer", "professional"]))
    assert session.exec(select(AdviceRequest)).one().help_for == ["carer", "professional"]


def test_danger_shows_whom_to_call_on_the_page_that_answers(client: TestClient, session: Session) -> None:
    page = send(client, fields(client, danger="yes", audience="school"))
    assert "Vertrouwenscentrum Kindermishandeling" in page.text
    assert 'href="tel:112"' in page.text
    assert session.exec(select(AdviceRequest)).one().state is State.HELD


def test_a_form_that_is_not_ours_is_shown_again_and_takes_nothing_in(
    client: TestClient, session: Session
) -> None:
    page = send(client, fields(client, form="made.up.token"))
    assert page.status_code == 400
    assert 'value="9000"' in page.text
    assert session.exec(select(AdviceRequest)).all() == []


@pytest.mark.parametrize(("language", "title"), [("nl", "Stel je vraag"), ("fr", "Posez votre question")])
def test_the_form_speaks_the_readers_language(client: TestClient, language: str, title: str) -> None:
    for page in (
        client.get("/", headers={"Accept-Language": language}),
        client.get(f"/?lang={language}", headers={"Accept-Language": "en"}),
    ):
        assert f'<html lang="{language}">' in page.text
        assert title in page.text


@pytest.mark.parametrize("path", ["/", "/status", "/help", "/nowhere"])
def test_every_page_has_a_way_out_and_lets_nothing_be_kept(client: TestClient, path: str) -> None:
    page = client.get(path, headers=NL)
    assert 'class="wz-leave" href="https://' in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_every_field_of_the_page_goes_somewhere(client: TestClient) -> None:
    page = client.get("/", headers=NL).text
    on_page = set(re.findall(r'name="(\w+)"', page)) - {"form", "viewport"}
    assert on_page - {"switch"} == set(FIELDS)
