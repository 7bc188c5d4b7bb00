"""Where one can visit: nearest first, at addresses that do not say what they are. No I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from shared.countries import COUNTRIES
from shared.geography import Facility, Place, distance_km, facilities, find

NEAREST = 12


@dataclass(frozen=True)
class Nearby:
    """`km`: as the crow flies, where both places are known."""

    facility: Facility
    code: str
    km: int | None


def code_of(facility_id: str) -> str:
    """Return by what a page's address names a facility: a browser's history says nothing of it."""
    return hashlib.sha256(facility_id.encode()).hexdigest()[:8]


@lru_cache(maxsize=1)
def by_code() -> dict[str, Facility]:
    return {code_of(one.id): one for one in facilities().values()}


def countries_of(postcode: str) -> list[str]:
    """Return the countries that have such a postcode."""
    return [country for country in COUNTRIES if find(country, postcode)]


def area_of(place: Place) -> str:
    """Return by what an address names an area: some thousands of people live in it."""
    return f"{place.country}-{place.postcode}"


def place_of(area: str) -> Place | None:
    country, _, postcode = area.partition("-")
    return find(country, postcode)


def nearest(here: Place | None, places: Sequence[Facility]) -> list[Nearby]:
    """Return all of these, the nearest first; where nothing is known of that by town."""
    found = [_nearby(one, here) for one in places]
    return sorted(found, key=lambda one: (one.km is None, one.km or 0, one.facility.city, one.code))


def _nearby(one: Facility, here: Place | None) -> Nearby:
    km = distance_km(here, one.place)
    return Nearby(one, code_of(one.id), None if km is None else round(km))
