from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from shared.countries import zone
from shared.geography.places import Place, find
from shared.languages import names_of


@dataclass(frozen=True)
class Facility:
    """A place of detention that can be visited. `zone` is the IANA zone of its clocks.

    `name` is what it is called where it stands; `names` what it is called in other languages.
    """

    id: str
    country: str
    name: str
    names: Mapping[str, str]
    postcode: str
    city: str
    province: str
    region: str
    lat: float | None
    lon: float | None

    @property
    def zone(self) -> str:
        return zone(self.country)

    def called(self, language: str) -> str:
        """Return its name in this language, or the local name if there is no other."""
        return self.names.get(language) or self.name

    @property
    def place(self) -> Place:
        """The area of its postcode, with its own coordinates and province if these are known."""
        area = find(self.country, self.postcode[:4]) if self.postcode else None
        return Place(
            self.country,
            area.postcode if area else "",
            (self.city,),
            area.municipality if area else self.city,
            self.province or (area.province if area else ""),
            area.region if area else self.region,
            self.lat if self.lat is not None else (area.lat if area else None),
            self.lon if self.lon is not None else (area.lon if area else None),
        )


def facility(facility_id: str) -> Facility | None:
    return facilities().get(facility_id)


@lru_cache(maxsize=1)
def facilities() -> dict[str, Facility]:
    """Return every facility, by its id."""
    text = (files("shared.geography") / "data" / "facilities.csv").read_text(encoding="utf-8")
    return {row["id"]: _facility(row) for row in csv.DictReader(text.splitlines())}


def _facility(row: dict[str, str]) -> Facility:
    return Facility(
        row["id"],
        row["country"],
        row["name"],
        names_of(row),
        row["postcode"],
        row["city"],
        row["province"],
        row["region"],
        float(row["lat"]) if row["lat"] else None,
        float(row["lon"]) if row["lon"] else None,
    )
