"""Whoever is not safe sees whom to call, in their own country, before anything else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from services.intake.guidance.rules import names_danger, urgent_help
from shared.vocabulary import SAFETY, Audience

PROFESSIONALS = {Audience.SCHOOL, Audience.PROFESSIONAL, Audience.PRISON_STAFF}
CENTRE = "Vertrouwenscentrum Kindermishandeling"


def names(country: str, audience: Audience | None = None) -> list[str]:
    return [one.name for one in urgent_help(country, audience)]


@pytest.mark.parametrize("audience", Audience)
def test_the_numbers_are_those_of_the_country_and_of_the_asker(audience: Audience) -> None:
    assert names("NL", audience) == ["112", "Veilig Thuis"]
    expected = ["112", "1712", CENTRE] if audience in PROFESSIONALS else ["112", "1712"]
    assert names("BE", audience) == expected


def test_who_did_not_say_who_they_are_sees_what_is_there_for_everybody() -> None:
    assert names("BE") == ["112", "1712"]


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
    for number in ("112", "08002000", "1712", "08000432", "102", "103", "106"):
        assert f'href="tel:{number}"' in page, number
    assert CENTRE in page
    assert 'id="privacy"' in page
