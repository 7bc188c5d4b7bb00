"""A yes or no that could be for two families of one telephone: the telephone is asked which one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from services.notify.contacts.rules import Keyword, chosen
from services.notify.messages.tables import Purpose
from services.notify.replies import tasks
from shared.runtime import Runtime
from tests.kit.desk import one_desk, paths_in, shown
from tests.kit.staff import sign_in
from tests.notify.visits.office import PRISON, Office, Telephone, at, items

SISTER = "Samira el Amrani"
SAME_DAY = "Weerzien: voor welke afspraak is je antwoord? Stuur alleen het cijfer. 1 = Fatima, 2 = Samira"
TWO_DAYS = (
    "Weerzien: voor welke afspraak is je antwoord? Stuur alleen het cijfer. "
    "1 = do 17 dec 14:00, 2 = do 17 dec 16:00"
)


@pytest.fixture
def day(office: Office) -> str:
    return office.publish()


@pytest.fixture
def both(office: Office, day: str) -> list[str]:
    """Two families of one number that have been asked whether they come."""
    families = [office.register(day)]
    office.clock.advance(timedelta(minutes=1))
    families.append(office.register(day, name=SISTER))
    ask_all(office)
    return families


def ask_all(office: Office) -> None:
    office.clock.set(at("2026-12-14T10:00"))
    office.remind()
    office.send_all()


def states(office: Office, day: str, families: list[str]) -> list[str]:
    return [office.family(day, one)["state"] for one in families]


def lapse(office: Office) -> None:
    with office.runtime.sessions() as session:
        due = [work.claim(session, office.clock.now(), 100) for work in tasks.DUE]
        session.commit()
    tasks.leave_to_a_person(office.runtime, due[0])


@pytest.mark.parametrize(("word", "state"), [("JA", "confirmed"), ("NEE", "cancelled")])
def test_one_word_for_two_families_is_asked_back_and_the_number_says_whose_it_was(
    office: Office, telephone: Telephone, day: str, both: list[str], word: str, state: str
) -> None:
    telephone.says(word)
    assert telephone.texts() == [SAME_DAY]
    assert states(office, day, both) == ["registered"] * 2
    telephone.says("2")
    assert states(office, day, both) == ["registered", state]
    assert len(telephone.texts()) == 2
    assert items(office) == []


def test_two_visits_are_told_apart_by_day_and_time_and_by_no_name(
    office: Office, telephone: Telephone, day: str
) -> None:
    later = office.publish(startTime="16:00", endTime="17:00")
    families = [office.register(day), office.register(later, name=SISTER)]
    ask_all(office)
    telephone.says("JA")
    assert telephone.texts() == [TWO_DAYS]
    telephone.says(" 1. ")
    assert office.family(day, families[0])["state"] == "confirmed"
    assert office.family(later, families[1])["state"] == "registered"


def test_the_other_number_within_the_day_is_for_the_other_family(
    office: Office, telephone: Telephone, day: str, both: list[str]
) -> None:
    telephone.says("JA")
    office.clock.advance(timedelta(hours=1))
    telephone.says("1")
    office.clock.advance(timedelta(hours=1))
    telephone.says("2 NEE")
    assert states(office, day, both) == ["confirmed", "cancelled"]
    assert items(office) == []


def test_who_does_not_choose_within_a_day_is_left_to_a_person_once(
    office: Office, telephone: Telephone, day: str, both: list[str]
) -> None:
    telephone.says("JA")
    telephone.texts()
    office.clock.advance(timedelta(hours=23))
    lapse(office)
    assert items(office) == []
    office.clock.advance(timedelta(hours=1))
    for _ in range(2):
        lapse(office)
    (item,) = items(office)
    assert (item["kind"], item["reason"], item["text"]) == ("reply", "which-of-several", "JA")
    assert sorted(item["details"]["registrationIds"].split()) == sorted(both)
    telephone.says("1")
    assert states(office, day, both) == ["registered"] * 2


def test_the_desk_reads_which_families_it_can_be(
    office: Office,
    telephone: Telephone,
    both: list[str],
    runtime_for: Callable[[str], Runtime],
    client_for: Callable[[str], TestClient],
    session_for: Callable[[str], Session],
) -> None:
    telephone.says("JA")
    office.clock.advance(timedelta(days=1))
    lapse(office)
    desk = one_desk(runtime_for, client_for)
    sign_in(desk, session_for("intake"))
    (path,) = paths_in(desk.get("/desk").text)
    page = shown(desk, path)
    assert "Fatima el Amrani" in page
    assert SISTER in page


def test_who_answers_with_a_word_again_is_left_to_a_person_and_asked_nothing_more(
    office: Office, telephone: Telephone, day: str, both: list[str]
) -> None:
    telephone.says("JA")
    telephone.texts()
    office.clock.advance(timedelta(minutes=5))
    telephone.says("NEE")
    assert [item["reason"] for item in items(office)] == ["which-of-several"]
    assert telephone.texts() == [SAME_DAY]
    office.clock.advance(timedelta(days=1))
    lapse(office)
    assert len(items(office)) == 1
    assert states(office, day, both) == ["registered"] * 2


@pytest.mark.parametrize("words", ["3", "0", "1 2", "1 misschien", "ik kom misschien"])
def test_what_is_no_choice_is_read_by_a_person(
    office: Office, telephone: Telephone, day: str, both: list[str], words: str
) -> None:
    telephone.says("JA")
    telephone.says(words)
    assert [item["reason"] for item in items(office)] == ["not-understood"]
    assert states(office, day, both) == ["registered"] * 2


def test_a_number_that_nobody_asked_for_is_read_by_a_person(
    office: Office, telephone: Telephone, both: list[str]
) -> None:
    telephone.says("1")
    assert [item["reason"] for item in items(office)] == ["not-understood"]


@pytest.mark.parametrize("name", ["Fatima Bakali", "فاطمة", "Papa"])
def test_families_that_no_first_name_tells_apart_are_left_to_a_person(
    office: Office, telephone: Telephone, day: str, name: str
) -> None:
    office.register(day)
    office.register(day, name=name)
    ask_all(office)
    telephone.says("JA")
    assert telephone.texts() == []
    assert [item["reason"] for item in items(office)] == ["which-of-several"]


def test_a_choice_is_not_made_for_another_date_than_was_asked_about(
    office: Office, telephone: Telephone, day: str, both: list[str]
) -> None:
    telephone.says("JA")
    telephone.texts()
    office.change(day, date="2026-12-24")
    telephone.says("1")
    assert states(office, day, both) == ["registered"] * 2
    assert [item["reason"] for item in items(office)] == ["not-understood"]


def test_nobody_is_asked_which_of_two_when_one_of_them_is_off(
    office: Office, telephone: Telephone, day: str
) -> None:
    later = office.publish(startTime="16:00", endTime="17:00")
    office.register(day)
    office.register(later, name=SISTER)
    ask_all(office)
    telephone.says("JA")
    office.cancel(later)
    assert not any("voor welke afspraak" in one for one in telephone.texts())


def test_a_prison_is_not_shown_the_text_that_may_name_visits_elsewhere(
    office: Office, telephone: Telephone, both: list[str], make_key: Callable[..., dict[str, str]]
) -> None:
    telephone.says("JA")
    (asking,) = [one for one in office.messages() if one.purpose is Purpose.WHICH_VISIT]
    path = f"/v1/messages?causeId={asking.recipient_id}"
    centre = make_key("notify", "messages:read")
    prison = make_key("notify", "messages:read", facilities=[PRISON])
    for key, told in ((centre, True), (prison, False)):
        found = office.client.get(path, headers=key).json()["items"]
        assert ("which-visit" in [one["purpose"] for one in found]) is told


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_it_is_asked_in_the_language_of_the_family(
    office: Office, telephone: Telephone, day: str, language: str
) -> None:
    office.register(day, language=language)
    office.register(day, name=SISTER, language=language)
    ask_all(office)
    telephone.says("JA")
    (said,) = telephone.texts()
    beginning = {"nl": "voor welke", "fr": "pour quel", "en": "which appointment"}[language]
    assert said.startswith(f"Weerzien: {beginning}")
    assert said.endswith("1 = Fatima, 2 = Samira")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1", (1, None)),
        (" 2. ", (2, None)),
        ("(1)", (1, None)),
        ("１", (1, None)),
        ("2 nee", (2, Keyword.NO)),
        ("Oui: 1", (1, Keyword.YES)),
        ("12", None),
        ("1 en 2", None),
        ("1 STOP", None),
        ("JA", None),
        ("", None),
    ],
)
def test_a_choice_is_one_digit_with_a_yes_or_no_beside_it_or_nothing(
    text: str, meaning: tuple[int, Keyword | None] | None
) -> None:
    assert chosen(text) == meaning
