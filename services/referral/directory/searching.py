"""Finds services for an adviser who has somebody on the line."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.referral.directory import queries
from services.referral.directory.tables import Organisation, Service
from shared.events.searching import AT_MOST, CALLERS, PATH, ServiceFound
from shared.security.access import only
from shared.web.dependencies import SessionDep

router = APIRouter(include_in_schema=False, dependencies=[Depends(only(*CALLERS))])
MOST_WORDS = 6


@router.get(PATH)
def search(
    session: SessionDep, q: Annotated[str, Query(max_length=200)] = ""
) -> dict[str, list[ServiceFound]]:
    """Return the services in which every word of `q` stands; none where nothing is sought."""
    words = q.split()[:MOST_WORDS]
    rows = queries.search(session, words, AT_MOST) if words else []
    return {"items": [_found(*row) for row in rows]}


def _found(service: Service, organisation: Organisation) -> ServiceFound:
    return ServiceFound(
        id=service.id,
        name=service.name,
        organisation=organisation.name,
        what=service.description,
        phone=service.phone,
        website=f"https://{organisation.website}" if organisation.website else None,
        country=service.country,
        takes_referrals=service.takes_referrals,
        sample=organisation.sample,
    )
