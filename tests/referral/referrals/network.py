"""A small network of partners, and questions as intake tells them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session

from services.referral.directory.tables import Organisation, Service, organisation_id, service_id
from tests.conftest import MORNING


def partner(session: Session, key: str, **changes: Any) -> UUID:
    """A partner with one service that goes along on visits; answers the service's id."""
    values: dict[str, Any] = {
        "id": service_id(key),
        "organisation_id": organisation_id(key),
        "name": "Begeleid bezoek",
        "description": "",
        "country": "NL",
        "needs": ["bezoek"],
        "serves": ["child", "carer"],
        "languages": ["nl"],
        "email": f"aanmelden@{key}.example",
        "agreement_signed": date(2026, 1, 5),
        "verified_on": date(2026, 11, 1),
        "updated_at": MORNING,
    }
    session.add(
        Organisation(
            id=organisation_id(key), key=key, name=key.title(), country="NL", kind="ngo", updated_at=MORNING
        )
    )
    session.flush()
    session.add(Service(**(values | changes)))
    session.commit()
    return service_id(key)


def told(**changes: Any) -> dict[str, Any]:
    """What intake says of a carer's question in Tilburg."""
    return {
        "id": str(uuid4()),
        "withdrawn": False,
        "hold": False,
        "audience": "carer",
        "helpFor": ["carer"],
        "needs": ["bezoek"],
        "stage": None,
        "childAgeBands": [],
        "country": "NL",
        "postcode": "5038",
        "language": "nl",
        "share": "yes",
        "urgency": "normal",
        "remote": "yes",
        "facility": None,
    } | changes
