"""Finding a day near home: places by distance, days with the places left, and whom to ask beside."""

from __future__ import annotations

import re

import pytest

from services.notify.families import finding
from services.notify.visits.commands import load_sample
from shared.geography import facilities, find
from tests.notify.families.family import Family
from tests.notify.visits.office import Office


def test_places_are_there_nearest_first_and_the_address_names_the_area_alone(
    office: Office, family: Family
) -> None:
    office.publish()
    there = family.press("/days", postcode="5262 GR").headers["location"]
    assert there == "/days?near=NL-5262"
    page = family.see(there).text
    near = page[: page.index("<details>")]
    kilometres = [int(one) for one in re.findall(r"(\d+) km ", near)]
    assert kilometres == sorted(kilometres)
    assert len(kilometres) == finding.NEAREST
    assert near.index("Vught") < near.index("Grave")
    assert "eerste dag: do 17 dec" in near
    assert "<title>Een dag kiezen – Weerzien</title>" in page


@pytest.mark.parametrize(
    ("postcode", "country", "leads"),
    [("9000", "BE", "BE-9000"), ("B-9000", "", "BE-9000"), ("3511", "NL", "NL-3511")],
)
def test_a_postcode_leads_to_its_own_country(family: Family, postcode: str, country: str, leads: str) -> None:
    answer = family.press("/days", postcode=postcode, country=country)
    assert answer.headers["location"] == f"/days?near={leads}"


def test_a_postcode_of_both_countries_asks_for_one_and_an_unknown_one_says_so(family: Family) -> None:
    assert find("NL", "1331")
    assert find("BE", "1331")
    both = family.press("/days", postcode="1331")
    wrong = family.press("/days", postcode="banaan")
    assert (both.status_code, wrong.status_code) == (400, 400)
    assert "Kies een land" in both.text
    assert "kennen we niet" in wrong.text


def test_a_day_says_how_many_places_are_left_and_a_full_one_has_a_queue(
    office: Office, family: Family
) -> None:
    full, roomy = office.publish(capacity=1), office.publish(date="2026-12-24", capacity=3)
    office.publish(date="2026-12-25", kind="training")
    office.register(full)
    page = family.see(f"/days/at/{finding.code_of('nl-pi-vught')}").text
    assert "3 plekken" in page
    assert "vol" in page
    assert re.findall(r"/days/new/([\w-]+)", page) == [full, roomy]
    assert page.count("Op de wachtlijst") == 1
    assert "25 december" not in page


def test_a_place_without_days_says_so_and_whom_to_ask(family: Family) -> None:
    page = family.see(f"/days/at/{finding.code_of('nl-pi-lelystad')}").text
    assert "Hier staan nu geen dagen" in page
    assert "/help" in page


def test_no_address_of_a_place_says_what_it_is_and_each_has_its_own() -> None:
    codes = {finding.code_of(one) for one in facilities()}
    assert len(codes) == len(facilities())
    assert all(re.fullmatch(r"[0-9a-f]{8}", code) for code in codes)


@pytest.mark.parametrize("near", ["", "XX-1", "NL-0000", "NL-3511' OR 1=1", "-", "٣"])
def test_an_area_that_is_none_is_no_error(family: Family, near: str) -> None:
    assert family.see("/days", params={"near": near}).status_code == 200


def test_the_sample_has_days_to_choose_from_and_twice_is_once(office: Office, family: Family) -> None:
    for _ in range(2):
        with office.runtime.sessions() as session:
            load_sample(session, at=office.clock.now())
    page = family.see(f"/days/at/{finding.code_of('be-gevangenis-gent')}").text
    assert page.count("12 plekken") == 12
