"""What the matching is told of a service is what the directory holds of it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from typing import Any

from services.referral.directory.importing import CALLED, OPTIONAL, REQUIRED, Entry
from services.referral.directory.tables import Organisation, Service
from services.referral.matching import ServiceProfile
from services.referral.referrals.profiles import service_profile
from shared.ids import new_id

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
COLUMNS = sorted({*REQUIRED, *OPTIONAL})
# Where a row was found: for those who keep the file.
NOT_KEPT = {"source"}
MEMBERS = {field.name for field in dataclasses.fields(Entry)} - {"told"}
UNUSUAL: dict[str, Any] = {
    "name": "Visiting together",
    "country": "BE",
    "regions": ["vlaanderen"],
    "serves": ["child"],
    "needs": ["bezoek"],
    "stages": ["arrest"],
    "languages": ["fr"],
    "min_age": 4,
    "max_age": 12,
    "interpreter": True,
    "remote": True,
    "cross_border": True,
    "takes_referrals": False,
    "active": False,
    "agreement_signed": date(2026, 1, 5),
    "verified_on": date(2026, 11, 1),
    "capacity": 3,
    "waiting_days": 5,
}


def test_every_column_of_the_file_has_its_member_and_every_member_its_column() -> None:
    assert {CALLED.get(column, column) for column in COLUMNS} - NOT_KEPT == MEMBERS


def test_a_service_is_matched_by_all_that_the_directory_says_of_it() -> None:
    shared = Service.model_fields.keys() & {field.name for field in dataclasses.fields(ServiceProfile)}
    assert shared - UNUSUAL.keys() == {"id"}
    usual: dict[str, Any] = {"description": "", "organisation_id": new_id(), "updated_at": NOW}
    organisation = Organisation(id=new_id(), key="samen", name="Samen", country="NL", kind="", updated_at=NOW)
    profile = service_profile(Service(id=new_id(), **usual, **UNUSUAL), organisation)
    for name, value in UNUSUAL.items():
        told = frozenset(value) if isinstance(value, list) else value
        assert getattr(profile, name) == told, name
