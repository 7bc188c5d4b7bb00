"""A country is one row, and everything that asks for a zone, a number or a postcode asks it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from holidays.registry import COUNTRIES as WITH_HOLIDAYS

from services.intake.guidance.rules import all_urgent_help, somebody_to_talk_to
from shared.countries import BY_CALLING_CODE, BY_CODE, COUNTRIES, ROWS, Country, of_number, zone
from shared.geography import facilities, find, home_language
from shared.web import pages


def test_each_country_has_one_row() -> None:
    assert tuple(row.code for row in ROWS) == COUNTRIES
    assert len(BY_CALLING_CODE) == len(BY_CODE) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_a_country_has_all_that_its_people_need(row: Country) -> None:
    assert ZoneInfo(zone(row.code)).key == row.zone
    assert phonenumbers.country_code_for_region(row.code) == row.calling_code
    assert row.code in {code for _, code, *_ in WITH_HOLIDAYS.values()}
    assert all_urgent_help(row.code)
    assert somebody_to_talk_to(row.code)
    assert pages.texts().has(f"country.{row.code}")
    assert any(one.country == row.code for one in facilities().values())


@pytest.mark.parametrize(
    ("country", "written", "area"),
    [
        ("NL", "1012 AB", "1012"),
        ("NL", "NL-1012AB", "1012"),
        ("NL", "NL 5038 AB", "5038"),
        ("NL", "5038  AB", "5038"),
        ("NL", "5038-AB", "5038"),
        ("NL", "5038\u2013AB.", "5038"),
        ("NL", "5038ab", "5038"),
        ("NL", "\u200e5038\u00a0AB\u202c", "5038"),
        ("NL", "\uff15\uff10\uff13\uff18\u3000\uff21\uff22", "5038"),
        ("NL", "\u0665\u0660\u0663\u0668", "5038"),
        ("BE", "B-9000", "9000"),
        ("BE", "B 9000", "9000"),
        ("BE", "BE-9000", "9000"),
        ("BE", "BE9000", "9000"),
        ("BE", "be\u20119000 ", "9000"),
        ("BE", "\u06f9\u06f0\u06f0\u06f0", "9000"),
    ],
)
def test_a_postcode_is_understood_as_people_write_it(country: str, written: str, area: str) -> None:
    found = find(country, written)
    assert found is not None
    assert found.postcode == area


@pytest.mark.parametrize(("country", "written"), [("NL", "B-9000"), ("BE", "NL 5038 AB"), ("NL", "5038 A")])
def test_a_postcode_of_the_other_country_or_half_of_one_is_none(country: str, written: str) -> None:
    assert find(country, written) is None


@pytest.mark.parametrize(
    ("country", "postcode", "language"),
    [
        ("NL", "5038", "nl"),
        ("BE", "9000", "nl"),
        ("BE", "5000", "fr"),
        ("BE", "1000", "fr"),
        ("BE", "", "nl"),
    ],
)
def test_the_language_of_a_place_is_that_of_its_region(country: str, postcode: str, language: str) -> None:
    assert home_language(country, postcode) == language


def test_the_country_of_a_number_is_told_by_its_calling_code() -> None:
    assert [of_number(one) for one in ("+31612345678", "+32470123456", "+4915112345678")] == [*ROWS, None]
