"""The directory as HSDS 3.0. Pure: rows in, JSON out. The addresses that offers go to are left out."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from services.referral.directory.queries import Page
from services.referral.directory.tables import NAMESPACE, Organisation, Service
from shared.countries import ANYWHERE, ROWS
from shared.languages import language_name
from shared.vocabulary import need_description, need_name

VERSION = "3.0"
PROFILE = "https://docs.openreferral.org/en/v3.0.1/"
SAMPLE = "Voorbeeld: dit is geen echt aanbod. (Sample: not a real service.)"
AREAS = {"vlaanderen": "Vlaanderen", "wallonie": "Wallonie", "brussel": "Brussel"}
COUNTRY_NAMES = {row.code: row.name for row in ROWS} | {ANYWHERE: "Europa"}
NUTS = {"vlaanderen": "BE2", "wallonie": "BE3", "brussel": "BE1", "NL": "NL", "BE": "BE"}


def page(listed: Page, contents: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "total_items": listed.total,
        "total_pages": listed.pages,
        "page_number": listed.number,
        "size": len(contents),
        "first_page": listed.number == 1,
        "last_page": listed.number >= listed.pages,
        "empty": not contents,
        "contents": contents,
    }


def organisation_json(row: Organisation) -> dict[str, Any]:
    return _known(
        {
            "id": str(row.id),
            "name": row.name,
            "description": f"{SAMPLE} {row.kind}" if row.sample else (row.kind or row.name),
            "website": f"https://{row.website}" if row.website else None,
        }
    )


def service_json(row: Service, organisation: Organisation) -> dict[str, Any]:
    """Return an HSDS service. `alert` marks a sample; `assured_date` is the day it was last verified."""
    return _known(
        {
            "id": str(row.id),
            "name": row.name,
            "status": "active" if row.active else "inactive",
            "description": row.description,
            "alert": SAMPLE if organisation.sample else None,
            "url": f"https://{organisation.website}" if organisation.website else None,
            "interpretation_services": "Tolk mogelijk" if row.interpreter else None,
            "application_process": None if row.takes_referrals else "Rechtstreeks te benaderen",
            "wait_time": f"{row.waiting_days} werkdagen" if row.waiting_days is not None else None,
            "minimum_age": row.min_age,
            "maximum_age": row.max_age,
            "assured_date": row.verified_on.isoformat() if row.verified_on else None,
            "last_modified": row.updated_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "organization": organisation_json(organisation),
            "languages": [
                {"id": _id(row.id, "language", code), "code": code, "name": language_name(code)}
                for code in row.languages
            ],
            "service_areas": [_area(row, code) for code in (row.regions or [row.country])],
            "attributes": [_need(row, code) for code in row.needs],
        }
    )


def _area(row: Service, code: str) -> dict[str, Any]:
    name = AREAS.get(code) or COUNTRY_NAMES.get(code, code)
    area = {"id": _id(row.id, "area", code), "name": name}
    return area | ({"extent": NUTS[code], "extent_type": "nuts"} if code in NUTS else {})


def _need(row: Service, code: str) -> dict[str, Any]:
    return {
        "id": _id(row.id, "need", code),
        "link_id": str(row.id),
        "link_entity": "service",
        "value": code,
        "taxonomy_term": {
            "id": str(uuid5(NAMESPACE, f"need:{code}")),
            "code": code,
            "name": need_name(code, "nl"),
            "description": need_description(code),
        },
    }


def _id(service: UUID, kind: str, code: str) -> str:
    return str(uuid5(NAMESPACE, f"{service}:{kind}:{code}"))


def _known(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
