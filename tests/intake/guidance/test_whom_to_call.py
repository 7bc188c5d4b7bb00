"""Whoever is not safe sees whom to call, in their own country, before anything else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from services.intake.guidance.rules import (
    HelpLine,
    all_urgent_help,
    names_danger,
    somebody_to_talk_to,
    urgent_help,
)
from shared.vocabulary import SAFETY, Audience
from tests.intake.requests.questions import fields, question, send

PROFESSIONALS = {Audience.SCHOOL, Audience.PROFESSIONAL, Audience.PRISON_STAFF}
CENTRE = "Vertrouwenscentrum Kindermishandeling"


def names(country: str, audience: Audience | None = None, language: str = "nl") -> list[str]:
    return [one.name for one in urgent_help(country, audience, language)]


@pytest.mark.parametrize("audience", Audience)
def test_the_numbers_are_those_of_the_country_and_of_the_asker(audience: Audience) -> None:
    child = audience is Audience.CHILD
    assert names("NL", audience) == ["112", *(["De Kindertelefoon"] if child else []), "Veilig Thuis"]
    expected = ["112", "1712", CENTRE] if audience in PROFESSIONALS else ["112", "1712"]
    assert names("BE", audience) == (["112", "Awel", "1712"] if child else expected)


def test_who_did_not_say_who_they_are_sees_what_is_there_for_everybody() -> None:
    assert names("BE") == ["112", "1712"]


def test_who_speaks_french_is_given_lines_that_do_and_who_speaks_neither_all_of_them() -> None:
    violence = "Écoute violences conjugales"
    assert names("BE", Audience.CARER, "fr") == ["112", violence]
    assert names("BE", Audience.CHILD, "fr") == ["112", "103 Écoute-Enfants", violence]
    assert names("BE", Audience.CARER, "tr") == ["112", "1712", violence]


LINES = [
    line for country in ("NL", "BE") for line in (*all_urgent_help(country), *somebody_to_talk_to(country))
]
# Open day and night by law.
CERTAIN = "112"


@pytest.mark.parametrize("line", LINES, ids=lambda one: one.name)
def test_every_number_says_where_it_comes_from(line: HelpLine) -> None:
    assert line.source
    assert "to be verified" not in line.source


@pytest.mark.parametrize("line", LINES, ids=lambda one: one.name)
def test_what_no_source_says_is_not_shown(line: HelpLine) -> None:
    assert line.phone or line.website
    assert line.name != "SOS Enfants"


@pytest.mark.parametrize("line", LINES, ids=lambda one: one.name)
def test_hours_that_nobody_has_checked_say_from_which_year_they_are(line: HelpLine) -> None:
    has_hours = bool(line.hours or line.always) and line.name != CERTAIN
    assert (line.hours_from is not None) is has_hours or "checked" in line.source
    assert line.hours_from is None or str(line.hours_from) in line.source


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nl", "elke dag 11:00-21:00 (uit 2019; kan nu anders zijn)"),
        ("fr", "tous les jours 10:00-24:00 (données de 2015 ; cela peut avoir changé)"),
        ("en", "every day 11:00-21:00 (as of 2019; may have changed)"),
    ],
)
def test_a_reader_is_told_that_hours_may_have_changed(
    client_for: Callable[[str], TestClient], language: str, said: str
) -> None:
    page = " ".join(client_for("intake").get(f"/help?lang={language}").text.split())
    assert said in page


def test_a_program_is_told_so_too(
    client_for: Callable[[str], TestClient], make_key: Callable[..., dict[str, str]]
) -> None:
    sent = question(danger=True, audience="child")
    answer = client_for("intake").post(
        "/v1/advice-requests", json=sent, headers=make_key("intake", "requests:write")
    )
    years = {line["name"]: line.get("hoursFrom") for line in answer.json()["urgentHelp"]}
    assert years == {"112": None, "De Kindertelefoon": 2019, "Veilig Thuis": None}


@pytest.mark.parametrize(
    ("country", "language", "says"),
    [
        ("NL", "nl", ["0800-0432", "elke dag 11:00-21:00", "of chat", "https://www.kindertelefoon.nl"]),
        ("BE", "nl", ["102", "donderdag tot en met zaterdag 16:00-22:00", "woensdag 14:00-22:00", "of chat"]),
        ("BE", "fr", ["103", "tous les jours 10:00-24:00"]),
    ],
)
def test_a_child_in_danger_is_told_whom_it_can_call_when_and_where_it_can_chat(
    client_for: Callable[[str], TestClient], country: str, language: str, says: list[str]
) -> None:
    client = client_for("intake")
    postcode = {"NL": "5038", "BE": "9000"}[country]
    sent = fields(
        audience="child",
        danger="yes",
        country=country,
        postcode=postcode,
        language=language,
        channel="none",
    )
    page = send(client, sent, language=language).text
    for words in says:
        assert words in page


@pytest.mark.parametrize(
    ("needs", "ticked", "danger"),
    [
        (["bezoek"], False, False),
        (["bezoek", "veiligheid"], False, True),
        (["bezoek"], True, True),
    ],
)
def test_a_question_names_danger_by_its_subject_or_by_the_tick(
    needs: list[str], ticked: bool, danger: bool
) -> None:
    assert names_danger(needs, ticked) is danger


def test_a_subject_that_falls_under_safety_is_about_safety_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.intake.guidance.rules.need_parent", {"stalking": SAFETY}.get)
    assert names_danger(["stalking"], False)
    assert not names_danger(["bezoek"], False)


@pytest.mark.parametrize(("language", "words"), [("fr", "en néerlandais"), ("en", "in Dutch")])
def test_who_reads_no_dutch_is_told_which_lines_speak_it(
    client_for: Callable[[str], TestClient], language: str, words: str
) -> None:
    page = client_for("intake").get(f"/help?lang={language}").text
    for name in ("1712", CENTRE, "Kindertelefoon", "Awel", "Tele-Onthaal"):
        before = page.partition(name)[0].rpartition("<li>")[2]
        assert words in before, name
    assert words not in page.partition("Écoute-Enfants")[0].rpartition("<li>")[2]


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_the_help_page_names_everybody_who_can_be_called_and_talked_to(
    client_for: Callable[[str], TestClient], language: str
) -> None:
    page = client_for("intake").get(f"/help?lang={language}").text
    for number in (
        "112",
        "08002000",
        "1712",
        "08000432",
        "102",
        "103",
        "106",
        "107",
        "080030030",
        "0880767000",
    ):
        assert f'href="tel:{number}"' in page, number
    assert CENTRE in page
    assert 'id="privacy"' in page
