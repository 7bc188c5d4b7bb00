"""A language is one row, and everything that speaks of languages asks it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel import UnknownLocaleError

from shared.languages import (
    DEFAULT,
    ELSEWHERE,
    FOR_FAMILIES,
    FOR_PAGES,
    LANGUAGES,
    ROWS,
    language_in,
    language_name,
    names_of,
    page_language,
    text_language,
    weekday,
)
from shared.vocabulary import Weekday, needs

ROOT = Path(__file__).parents[2]
# Where a row is not the place: what a text in that language says itself.
LISTED = re.compile(r"""\(\s*["'](?:nl|fr|en)["']\s*,\s*["'](?:nl|fr|en)["']|["'](?:nl|fr|en)["']\s*:""")


def test_each_language_has_one_row() -> None:
    assert len(LANGUAGES) == len(ROWS)
    assert {row.direction for row in ROWS} == {"ltr", "rtl"}


@pytest.mark.parametrize("code", FOR_FAMILIES)
def test_a_language_that_families_read_can_tell_a_moment_and_be_read_aloud(code: str) -> None:
    row = LANGUAGES[code]
    assert "HH:mm" in row.moment
    assert row.voice.startswith(code)


def test_families_read_every_language_of_the_pages_and_more() -> None:
    assert {*FOR_PAGES, "tr", "ar", "pl", "de"} <= {*FOR_FAMILIES}


@pytest.mark.parametrize("code", FOR_PAGES)
def test_a_language_with_pages_can_tell_a_moment_and_the_days_of_the_week(code: str) -> None:
    row = LANGUAGES[code]
    assert "HH:mm" in row.moment
    assert len({weekday(day.number, code) for day in Weekday}) == 7
    assert [need.code for need in needs().values() if not need.names.get(code)] == []


def test_those_who_speak_another_language_read_english() -> None:
    assert [text_language("so", one) for one in ("fr", "nl", "so", "")] == ["fr", "nl", ELSEWHERE, ELSEWHERE]
    assert {text_language("so"), page_language("so"), page_language("tr")} == {ELSEWHERE}
    assert [text_language(code) for code in FOR_FAMILIES] == [*FOR_FAMILIES]
    assert [page_language(code) for code in FOR_PAGES] == [*FOR_PAGES]
    assert {DEFAULT, ELSEWHERE} <= {*FOR_FAMILIES} & {*FOR_PAGES}


def test_a_language_is_named_to_its_speakers_and_to_others() -> None:
    assert language_name("ar") == "العربية"
    assert [language_in(code, "nl") for code in ("tr", "prs", "gone")] == ["Turks", "Dari", "gone"]


def test_names_in_other_languages_are_columns_of_a_table() -> None:
    assert names_of({"name": "Gent", "name_fr": "Gand", "id": "1"}) == {"fr": "Gand"}


def test_no_code_lists_languages_beside_their_rows() -> None:
    found = [
        str(path.relative_to(ROOT))
        for folder in ("services", "shared", "local")
        for path in (ROOT / folder).rglob("*.py")
        if path != ROOT / "shared/languages.py" and LISTED.search(path.read_text())
    ]
    assert found == []


def test_each_day_of_the_week_is_called_what_people_call_it() -> None:
    assert [weekday(Weekday.MON.number, code) for code in ("nl", "fr", "en")] == [
        "maandag",
        "lundi",
        "Monday",
    ]
    with pytest.raises(UnknownLocaleError):
        weekday(0, "srn")
