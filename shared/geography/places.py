from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from shared.contact.text import bare
from shared.countries import BY_CODE
from shared.languages import DEFAULT

EARTH_KM = 6371.0
FRENCH_SPEAKING = ("Waals Gewest", "Brussels Hoofdstedelijk Gewest")


@dataclass(frozen=True)
class Place:
    """A postcode area. `lat` and `lon` are the middle of it, in degrees; three Belgian ones have none."""

    country: str
    postcode: str
    places: tuple[str, ...]
    municipality: str
    province: str
    region: str
    lat: float | None
    lon: float | None


def find(country: str, postcode: str) -> Place | None:
    """Return the area of a postcode as people write it (`1012 AB`, `B-9000`), or None if there is none."""
    row = BY_CODE.get(country)
    match = row.postcode.fullmatch(bare(postcode)) if row else None
    return _places().get((country, match.group(1))) if match else None


def home_language(country: str, postcode: str) -> str:
    """Return which of our languages is spoken at a postcode: French in Wallonia and Brussels, else Dutch."""
    place = find(country, postcode)
    return "fr" if place and place.region in FRENCH_SPEAKING else DEFAULT


def distance_km(a: Place | None, b: Place | None) -> float | None:
    """Return the distance as the crow flies between two middles, or None if one has no coordinates."""
    if a is None or b is None or a.lat is None or a.lon is None or b.lat is None or b.lon is None:
        return None
    return haversine(a.lat, a.lon, b.lat, b.lon)


def haversine(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    phi_a, phi_b = math.radians(lat_a), math.radians(lat_b)
    half = (
        math.sin((phi_b - phi_a) / 2) ** 2
        + math.cos(phi_a) * math.cos(phi_b) * math.sin(math.radians(lon_b - lon_a) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


@lru_cache(maxsize=1)
def _places() -> dict[tuple[str, str], Place]:
    text = (files("shared.geography") / "data" / "postcodes.csv").read_text(encoding="utf-8")
    return {(row["country"], row["postcode"]): _place(row) for row in csv.DictReader(text.splitlines())}


def _place(row: dict[str, str]) -> Place:
    names = tuple(name.strip() for name in row["places"].split(";") if name.strip())
    return Place(
        row["country"],
        row["postcode"],
        names,
        row["municipality"],
        row["province"],
        row["region"],
        float(row["lat"]) if row["lat"] else None,
        float(row["lon"]) if row["lon"] else None,
    )
