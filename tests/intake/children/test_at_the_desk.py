"""A person answers a child within two working days, in words that a child reads with ease."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.children import rules
from services.intake.children.tables import Box, BoxMessage
from services.intake.conversations.rules import NotFinished
from services.intake.conversations.tables import Draft
from services.intake.hours.rules import Plan, Span
from shared.audit.tables import audit_entries
from shared.clock import FixedClock
from shared.desk.items import open_items
from shared.runtime import Runtime
from tests.intake.children.child import QUESTION, Child, visible
from tests.kit.desk import one_desk, token_in
from tests.kit.guidance import told
from tests.kit.staff import sign_in

EN = {"Accept-Language": "en"}
EASY = "Nee. Het is niet jouw schuld. Jij hebt niets fout gedaan. Je mag boos zijn. Kom maar terug."
HARD = (
    "Ongetwijfeld veronderstel je verantwoordelijkheid. Onvermijdelijke omstandigheden beïnvloeden"
    " gezinsverhoudingen. Medeverantwoordelijkheid is uitgesloten hieromtrent. Desalniettemin begrijpelijk."
)
LONG = (
    "Nee het is niet jouw schuld want jij hebt niets fout gedaan en dat mag je best weten"
    " en je mag er ook boos om zijn."
)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@pytest.fixture
def desk(
    runtime_for: Callable[[str], Runtime], client_for: Callable[[str], TestClient], session: Session
) -> TestClient:
    """The browser of an adviser."""
    client = one_desk(runtime_for, client_for)
    sign_in(client, session)
    return client


def page_of(session: Session) -> str:
    session.expire_all()
    return f"/desk/children/{session.exec(select(Box.id)).one()}"


def answers(desk: TestClient, path: str, text: str, do: str = "send") -> Any:
    token = token_in(desk.get(path, headers=EN).text)
    return desk.post(path, data={"form": token, "text": text, "do": do}, headers=EN)


def test_what_a_child_wrote_is_on_the_list_and_leads_to_where_it_is_answered(
    child: Child, desk: TestClient, session: Session
) -> None:
    child.asks()
    listed = visible(desk.get("/desk", headers=EN).text)
    assert "A child wrote" in listed
    assert QUESTION not in listed
    [item] = open_items(session, kind="child-wrote")
    shown = desk.get(f"/desk/items/intake/{item.id}", headers=EN).text
    assert f'href="{page_of(session)}"' in shown
    page = visible(desk.get(page_of(session), headers=EN).text)
    assert QUESTION in page
    assert "Age 9 Country Netherlands Language Dutch" in page


def test_an_answer_is_read_with_the_words_and_answered_as_often_as_the_child_likes(
    child: Child, desk: TestClient, session: Session
) -> None:
    child.asks()
    assert answers(desk, page_of(session), EASY).status_code == 303
    assert open_items(session, kind="child-wrote") == []
    child.leaves()
    child.comes_back()
    page = visible(child.reads())
    assert "Er is een antwoord." in page
    assert EASY in page
    assert "Er is een antwoord." not in visible(child.reads())
    for at in range(3):
        child.writes(f"En dan {at}?")
    session.expire_all()
    assert len(open_items(session, kind="child-wrote")) == 1


def test_an_answer_sent_twice_is_one(child: Child, desk: TestClient, session: Session) -> None:
    child.asks()
    path = page_of(session)
    token = token_in(desk.get(path).text)
    for _ in range(2):
        desk.post(path, data={"form": token, "text": EASY, "do": "send"})
    assert len(session.exec(select(BoxMessage)).all()) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HARD, "The words are too long for a child"),
        (LONG, "The sentences are too long for a child"),
        (" ", "Write something first."),
        ("Bel {hours} maar.", "Something between braces"),
    ],
    ids=["hard words", "long sentences", "nothing", "what was not filled in"],
)
def test_what_a_child_would_not_read_with_ease_is_not_sent_and_not_lost(
    child: Child, desk: TestClient, session: Session, text: str, said: str
) -> None:
    child.asks()
    answer = answers(desk, page_of(session), text)
    assert answer.status_code == 400
    assert said in visible(answer.text)
    assert text.strip() in unescape(answer.text)
    assert len(session.exec(select(BoxMessage)).all()) == 1
    assert len(open_items(session, kind="child-wrote")) == 1


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (EASY, "nl"),
        ("Chat met de Kindertelefoon. Of bel Awel.", "nl"),
        ("Ce n'est pas ta faute. Tu peux être fâché.", "fr"),
    ],
    ids=["an easy answer", "a line with a long name", "French, of which sentences count"],
)
def test_what_reads_easily_may_go(text: str, language: str) -> None:
    rules.check_reads_easily(text, language)


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_long_sentences_may_not_go_in_any_language(language: str) -> None:
    with pytest.raises(NotFinished):
        rules.check_reads_easily("een twee drie vier vijf zes zeven acht negen tien elf.", language)


def test_an_answer_that_was_begun_is_kept_for_who_began_it(
    child: Child, desk: TestClient, session: Session
) -> None:
    child.asks()
    path = page_of(session)
    assert answers(desk, path, "Nee. Het", "keep").status_code == 303
    assert "Nee. Het" in desk.get(path).text
    token = token_in(desk.get(path).text)
    assert desk.post(f"{path}/draft", data={"form": token, "text": "Nee. Het is"}).json() == {"kept": True}
    assert [one.text for one in session.exec(select(Draft)).all()] == ["Nee. Het is"]
    answers(desk, path, EASY)
    session.expire_all()
    assert session.exec(select(Draft)).all() == []


def test_who_read_and_who_answered_is_noted_without_a_word_of_it(
    child: Child, desk: TestClient, session: Session
) -> None:
    child.asks()
    answers(desk, page_of(session), EASY)
    noted = [
        (one.deed, one.about)
        for one in session.execute(sa.select(audit_entries))
        if one.about.startswith("child")
    ]
    box = session.exec(select(Box.id)).one()
    assert ("reveal.words", f"child:{box}") in noted
    assert ("child.answer", f"child:{box}") in noted


def test_danger_is_open_until_it_is_answered(child: Child, desk: TestClient, session: Session) -> None:
    child.sends("Hij slaat me.")
    path = page_of(session)
    page = visible(desk.get(path, headers=EN).text)
    assert "not typed yet: the child may read no answer" in page
    answers(desk, path, EASY)
    child.comes_back()
    session.expire_all()
    assert "Is er nu gevaar?" not in visible(child.reads())


# Working days


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("2026-12-01 10:00", "2026-12-03 17:00"),
        ("2026-12-01 23:59", "2026-12-03 17:00"),
        ("2026-12-03 10:00", "2026-12-07 17:00"),
        ("2026-12-05 10:00", "2026-12-08 17:00"),
        ("2026-12-24 10:00", "2026-12-29 17:00"),
    ],
    ids=["a Tuesday", "a Tuesday night", "a Thursday", "a Saturday", "the day before Christmas"],
)
def test_two_working_days_are_those_on_which_the_desk_is_there(asked: str, answered: str) -> None:
    at = datetime.fromisoformat(asked).replace(tzinfo=AMSTERDAM)
    assert rules.promise(Plan("NL"), at) == datetime.fromisoformat(answered).replace(tzinfo=AMSTERDAM)


def test_a_day_on_which_the_desk_is_closed_by_hand_is_no_working_day() -> None:
    day = [datetime(2026, 12, 2, hour, tzinfo=AMSTERDAM) for hour in (0, 23)]
    plan = Plan("NL", closures=[Span(*day)])
    at = datetime(2026, 12, 1, 10, tzinfo=AMSTERDAM)
    assert rules.promise(plan, at) == datetime(2026, 12, 4, 17, tzinfo=AMSTERDAM)


def test_a_desk_that_never_opens_promises_working_days_all_the_same() -> None:
    at = datetime(2026, 12, 1, 10, tzinfo=AMSTERDAM)
    assert rules.promise(Plan("NL", parts=()), at) == datetime(2026, 12, 4, 10, tzinfo=AMSTERDAM)


def test_a_child_is_told_when_to_come_back_and_after_that_its_item_is_red(
    child: Child, desk: TestClient, session: Session, clock: FixedClock
) -> None:
    child.asks()
    assert "Kom terug na donderdag 3 december 2026 om 17:00." in visible(child.reads())
    [item] = open_items(session, kind="child-wrote")
    assert item.due_at == datetime(2026, 12, 3, 17, tzinfo=AMSTERDAM)
    assert "wz-item--overdue" not in desk.get("/desk").text
    clock.set(datetime(2026, 12, 3, 17, 1, tzinfo=AMSTERDAM))
    child.comes_back()
    assert "Je antwoord had er al moeten zijn." in visible(child.reads())
    assert "wz-item--overdue" in desk.get("/desk").text


def test_a_child_is_answered_with_the_words_of_a_page_that_its_own_words_lead_to(
    child: Child, desk: TestClient, session: Session
) -> None:
    told(desk)
    child.asks()
    page = desk.get(page_of(session), headers=EN).text
    assert 'value="page:is-het-mijn-schuld"' in page
    assert answers(desk, page_of(session), "Dag!", do="page:is-het-mijn-schuld").status_code == 303
    assert "Dag!\n\nNee. " in desk.get(page_of(session), headers=EN).text
    sought = answers(desk, page_of(session), "Dag!", do="search")
    assert sought.status_code == 200
