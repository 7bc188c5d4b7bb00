from __future__ import annotations

import pytest

from shared.geography import distance_km, facilities, facility, find


@pytest.mark.parametrize("written", ["1012 AB", "1012ab", "1012", " 1012 ", "NL-1012 AB", "nl1012ab"])
def test_a_dutch_postcode_is_found_as_people_write_it(written: str) -> None:
    place = find("NL", written)
    assert place is not None
    assert (place.postcode, place.province) == ("1012", "Noord-Holland")


@pytest.mark.parametrize("written", ["9000", "B-9000", "BE 9000".replace(" ", "-"), "b9000"])
def test_a_belgian_postcode_is_found_as_people_write_it(written: str) -> None:
    place = find("BE", written)
    assert place is not None
    assert place.municipality == "Gent"


@pytest.mark.parametrize(
    ("country", "postcode"),
    [
        ("NL", "0000"),
        ("NL", "9999 ZZZ"),
        ("BE", "12"),
        ("BE", ""),
        ("FR", "75001"),
        ("NL", "x"),
    ],
)
def test_what_does_not_exist_is_not_found(country: str, postcode: str) -> None:
    assert find(country, postcode) is None


def test_distances_are_as_the_crow_flies() -> None:
    amsterdam, ghent = find("NL", "1012"), find("BE", "9000")
    assert distance_km(amsterdam, ghent) == pytest.approx(168, abs=2)
    assert distance_km(amsterdam, amsterdam) == 0


def test_a_place_without_coordinates_has_no_distance() -> None:
    assert find("BE", "7010") is not None
    assert distance_km(find("BE", "7010"), find("BE", "9000")) is None


def test_every_facility_is_somewhere_and_has_its_countrys_clock() -> None:
    assert len(facilities()) == 75
    assert {one.zone for one in facilities().values()} == {"Europe/Amsterdam", "Europe/Brussels"}
    vught = facility("nl-pi-vught")
    assert vught is not None
    assert vught.place.province == "Noord-Brabant"
    assert facility("nl-pi-atlantis") is None
