"""A child asks without saying who it is, and reads the answer with five words."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.children.tables import Box, BoxMessage
from shared.desk.items import open_items
from tests.intake.children.child import DOOR, HERE, QUESTION, Child, field, visible


def kept(session: Session) -> list[Box]:
    session.expire_all()
    return list(session.exec(select(Box)).all())


def test_a_child_asks_with_one_box_an_age_and_a_country_and_reads_on_with_five_words(
    child: Child, session: Session
) -> None:
    page = child.sends().text
    assert len(child.words.split()) == 5
    assert open_items(session, kind="child-wrote") == []
    assert child.types_on(page, child.words).headers["location"] == HERE
    assert QUESTION in visible(child.reads())
    [item] = open_items(session, kind="child-wrote")
    assert (item.reason, item.details) == (
        "child-wrote",
        {"audience": "child", "ages": "9", "language": "nl"},
    )


def test_the_door_has_one_box_an_age_and_a_country_and_no_more_to_fill_in(child: Child) -> None:
    form = child.door().split('action="/hallo"', 1)[1].split("</form>")[0]
    asked = re.findall(r'<(?:input|textarea)(?![^>]*type="hidden")[^>]*name="(\w+)"', form)
    assert list(dict.fromkeys(asked)) == ["text", "age", "country", "danger"]


def test_before_it_writes_a_child_is_told_what_is_kept_who_reads_it_and_when_we_would_tell(
    child: Child,
) -> None:
    before = visible(child.door()).split("Wat wil je vragen of zeggen?")[0]
    for told in (
        "Wat bewaren we?",
        "Wie leest het?",
        "Zeggen we het door?",
        "Wij kunnen niet zien wie je bent",
    ):
        assert told in before


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"text": " "}, "Schrijf eerst iets."),
        ({"text": "x" * 4001}, "Dit is te lang."),
        ({"age": ""}, "Schrijf hoe oud je bent"),
        ({"age": "weet niet"}, "Schrijf hoe oud je bent"),
        ({"age": "47"}, "Deze plek is voor kinderen en jongeren."),
        ({"country": "FR"}, "Kies je land."),
    ],
    ids=["nothing", "too much", "no age", "an age in words", "a grown-up", "another country"],
)
def test_what_is_missing_is_said_and_what_was_written_stays(
    child: Child, session: Session, changed: dict[str, str], said: str
) -> None:
    answer = child.sends(**({"text": "Ik ben er."} | changed))
    assert answer.status_code == 400
    assert said in visible(answer.text)
    assert changed.get("text", "Ik ben er.").strip() in answer.text
    assert kept(session) == []


@pytest.mark.parametrize("typed", ["9", " 9 jaar", "negen 9"])
def test_an_age_is_read_however_it_is_typed(child: Child, session: Session, typed: str) -> None:
    child.asks(age=typed)
    assert [one.age for one in kept(session)] == [9]


def test_a_form_sent_twice_is_one_question_with_the_same_words(child: Child, session: Session) -> None:
    page = child.door()
    child.sends(page=page)
    first = child.words
    child.sends(page=page)
    assert child.words == first
    assert len(kept(session)) == 1


def test_two_pages_have_words_of_their_own(child: Child) -> None:
    one, other = child.door(), child.door()
    child.sends(page=one)
    first = child.words
    child.sends(page=other)
    assert child.words != first


def test_once_typed_the_words_are_never_shown_again(child: Child) -> None:
    page = child.door()
    child.types_on(child.sends(page=page).text, child.words)
    answer = child.sends(page=page)
    assert answer.status_code == 200
    assert "Dit heb je al gestuurd." in visible(answer.text)
    assert not any(word in visible(answer.text) for word in child.words.split() if len(word) > 6)


def test_words_typed_wrongly_on_their_own_page_are_asked_for_again_and_nothing_is_lost(
    child: Child, session: Session
) -> None:
    page = child.sends().text
    again = child.types_on(page, "appel peer")
    assert again.status_code == 400
    assert "Dat zijn nog niet deze vijf woorden." in visible(again.text)
    assert all(word in again.text for word in child.words.split())
    assert child.types_on(again.text, child.words).status_code == 303
    assert [one.kept_at is not None for one in kept(session)] == [True]


def test_the_words_sent_as_the_message_are_refused_kindly_and_not_kept(
    child: Child, session: Session
) -> None:
    child.asks()
    answer = child.sends(child.words.upper().replace(" ", "\n"))
    assert answer.status_code == 400
    assert "Dit lijken je vijf woorden." in visible(answer.text)
    assert child.words.split()[0] not in visible(answer.text).casefold().split()
    assert len(kept(session)) == 1


def test_a_message_with_the_words_in_it_is_not_kept(child: Child, session: Session) -> None:
    child.asks()
    answer = child.writes(f"mijn woorden zijn {child.words}. ok?")
    assert answer.status_code == 400
    assert "Haal ze eruit" in visible(answer.text)
    assert len(session.exec(select(BoxMessage)).all()) == 1


def test_a_page_that_is_not_ours_asks_once_more_with_what_was_written(
    client: TestClient, child: Child
) -> None:
    answer = child.browser.post(
        DOOR, data={"form": "x", "offer": "y", "text": "Hoi hoi.", "age": "9", "country": "NL"}
    )
    assert answer.status_code == 400
    assert "Hoi hoi." in answer.text
    assert field(answer.text, "form") != "x"


def test_who_comes_back_reads_what_was_written_and_writes_on(child: Child, session: Session) -> None:
    child.asks()
    child.leaves()
    assert child.browser.get(HERE).headers["location"].startswith("https://www.buienradar.nl")
    assert child.comes_back().status_code == 303
    assert child.writes("Nog iets.").status_code == 303
    page = visible(child.reads())
    assert QUESTION in page
    assert "Nog iets." in page


def test_a_button_pressed_twice_writes_once(child: Child, session: Session) -> None:
    child.asks()
    page = child.reads()
    for _ in range(2):
        assert child.writes("Ik ben er nog.", page).status_code == 303
    assert len(session.exec(select(BoxMessage)).all()) == 2


@pytest.mark.parametrize(("language", "title"), [("nl", "Hallo"), ("fr", "Bonjour"), ("en", "Hello")])
def test_a_child_is_spoken_to_in_its_language_and_every_title_says_nothing(
    client: TestClient, language: str, title: str
) -> None:
    child = Child(client, language)
    pages = [child.door(), child.sends().text]
    child.types_on(pages[1], child.words)
    assert [re.findall("<title>(.*?)</title>", one) for one in [*pages, child.reads()]] == [[title]] * 3
