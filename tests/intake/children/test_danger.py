"""Where a child may be in danger a person is called to it at once, and it is told whom to call now."""

from __future__ import annotations

import pytest
from sqlmodel import Session, select

from services.intake.children import rules
from services.intake.children.alarm import sounds_like_danger
from services.intake.children.erasing import PERIODS
from services.intake.children.tables import Box
from shared.clock import FixedClock
from shared.desk.items import groups, open_items
from tests.intake.children.child import Child, visible


def waiting(session: Session) -> list[str]:
    session.expire_all()
    return [one.reason for one in open_items(session, kind="child-wrote")]


@pytest.mark.parametrize(
    ("text", "more"),
    [("Er is iets.", {"danger": "yes"}), ("Hij slaat me elke dag.", {}), ("ik WIL   dood", {})],
    ids=["a tick", "red words", "red words in capitals"],
)
def test_danger_is_with_the_desk_at_once_also_before_the_words_were_typed(
    child: Child, session: Session, text: str, more: dict[str, str]
) -> None:
    page = visible(child.sends(text, **more).text)
    assert waiting(session) == ["danger-now"]
    for said in (
        "Is er nu gevaar?",
        "112",
        "Kindertelefoon",
        "Chatten kan ook",
        "Je hoeft niet hardop te praten",
    ):
        assert said in page
    assert "Wij kunnen niet zien wie of waar je bent." in page


def test_the_lines_are_those_of_the_childs_own_country_and_language(child: Child) -> None:
    page = child.sends("Hij slaat me.", country="BE").text.split("</section>")[0]
    assert "Awel" in page
    assert "Écoute" not in page
    assert "Kindertelefoon" not in page


def test_what_is_not_danger_waits_for_the_words(child: Child, session: Session) -> None:
    page = child.sends("Papa zit vast. Is dat mijn schuld?").text
    assert "Is er nu gevaar?" not in page
    assert waiting(session) == []


def test_danger_in_what_is_written_back_takes_the_place_of_what_could_wait(
    child: Child, session: Session
) -> None:
    child.asks()
    assert waiting(session) == ["child-wrote"]
    child.writes("Nu gaat het mis.", danger="yes")
    assert waiting(session) == ["danger-now"]
    assert "Is er nu gevaar?" in visible(child.reads())


@pytest.mark.parametrize(
    "text",
    [
        "hij slaat mij", "Ik word geslagen.", "ik wil dóód", "ik durf niet naar huis", "hij slaat mama",
        "ik doe mezelf pijn", "Je veux mourir", "il me frappe", "il m'a touchée", "j’ai faim", "he hits me",
        "I want to die", "i don't want to live",
    ],
)  # fmt: skip
def test_red_words_are_heard_in_each_language_however_they_are_written(text: str) -> None:
    assert sounds_like_danger(text)


@pytest.mark.parametrize(
    "text",
    [
        "Mijn papa heeft iemand geslagen, daarom zit hij vast.", "Mag ik boos zijn?", "Ik sla een bal.",
        "Mama moet huilen.", "Mon papa est en prison.", "My dad is away.", "Wanneer komt hij thuis?",
    ],
)  # fmt: skip
def test_what_once_was_is_no_danger_now(text: str) -> None:
    assert not sounds_like_danger(text)


def test_danger_whose_words_nobody_typed_stays_and_what_was_calm_goes_the_next_day(
    child: Child, session: Session, clock: FixedClock
) -> None:
    child.sends("Gewoon een vraag.")
    child.sends("Hij slaat me.")
    clock.advance(rules.UNKEPT * 2)
    PERIODS[0].forget(session, clock.now() - rules.UNKEPT * 180, 100, clock.now())
    session.commit()
    assert [box.held for box in session.exec(select(Box)).all()] == [True]
    assert waiting(session) == ["danger-now"]


def test_very_many_questions_are_one_line_and_danger_stays_on_top(
    child: Child, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MANY_QUESTIONS", 1)
    for text in ("Een.", "Twee.", "Drie.", "Hij slaat me."):
        child.sends(text)
        child.comes_back()
    found = [(one.kind, one.reason, one.number) for one in groups(session)]
    assert found == [("child-wrote", "danger-now", 1), ("child-wrote", "child-wrote", 2)]
