"""An organisation learns who asks for help from the day of its agreement, and while it takes part."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.referral.directory.rules import can_be_asked, is_partner, local_day
from services.referral.directory.tables import Service, organisation_id, service_id
from tests.conftest import MORNING

TODAY = date(2026, 12, 1)


def service(**changes: Any) -> Service:
    values: dict[str, Any] = {
        "id": service_id("huis"),
        "organisation_id": organisation_id("huis"),
        "name": "Begeleid bezoek",
        "description": "",
        "country": "NL",
        "needs": ["bezoek"],
        "serves": ["child"],
        "languages": ["nl"],
        "email": "aanmelden@huis.example",
        "agreement_signed": date(2026, 1, 5),
        "updated_at": MORNING,
    }
    return Service(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "partner", "asked"),
    [
        ({}, True, True),
        ({"agreement_signed": TODAY}, True, True),
        ({"agreement_signed": date(2026, 12, 2)}, False, False),
        ({"agreement_signed": None}, False, False),
        ({"active": False}, False, False),
        ({"email": None}, True, False),
    ],
)
def test_only_who_has_signed_and_takes_part_is_a_partner_and_only_one_with_an_address_is_asked(
    changes: dict[str, Any], partner: bool, asked: bool
) -> None:
    one = service(**changes)
    assert (is_partner(one, TODAY), can_be_asked(one, TODAY)) == (partner, asked)


@pytest.mark.parametrize("country", ["NL", "BE"])
def test_an_agreement_begins_at_midnight_on_the_wall_and_not_in_greenwich(country: str) -> None:
    assert local_day(datetime(2026, 11, 30, 22, 59, tzinfo=UTC), country) == date(2026, 11, 30)
    assert local_day(datetime(2026, 11, 30, 23, 0, tzinfo=UTC), country) == TODAY
