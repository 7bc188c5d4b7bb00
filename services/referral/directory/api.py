from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from sqlmodel import Session

from services.referral.directory import hsds, queries
from services.referral.directory.tables import Organisation
from shared.errors import FieldError, Invalid, NotFound
from shared.security.access import open_to_all
from shared.web.dependencies import RuntimeDep, SessionDep


def only_known_queries(request: Request) -> None:
    """Refuse a query that is not answered here, so that nobody takes the whole directory for the answer."""
    known = [one.alias for one in request.scope["route"].dependant.query_params]
    code, values = ("query-not-known", {"known": ", ".join(known)}) if known else ("no-query", {})
    wrong = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if wrong:
        raise Invalid([FieldError("", name, code, location="query", values=values) for name in wrong])


router = APIRouter(
    prefix="/hsds/v3", dependencies=[Depends(open_to_all), Depends(only_known_queries)], tags=["HSDS 3.0"]
)

PageNumber = Annotated[int, Query(ge=1, le=100_000)]
PerPage = Annotated[int, Query(ge=1, le=200)]


@router.get("/")
def about(runtime: RuntimeDep) -> dict[str, str]:
    """Return the version and profile of the standard that this API follows."""
    return {
        "version": hsds.VERSION,
        "profile": hsds.PROFILE,
        "openapi_url": f"{runtime.settings.public_url('referral')}/v1/openapi.json",
    }


@router.get("/services")
def services(session: SessionDep, page: PageNumber = 1, per_page: PerPage = 50) -> dict[str, Any]:
    """List active services, ordered by the name of their organisation."""
    listed = queries.service_page(session, page, per_page)
    return hsds.page(listed, [hsds.service_json(*row) for row in listed.rows])


@router.get("/services/{service_id}")
def service(service_id: UUID, session: SessionDep) -> dict[str, Any]:
    row = queries.services_by_id(session, [service_id]).get(service_id)
    if row is None:
        raise NotFound("There is no service with this id.")
    return hsds.service_json(*row)


@router.get("/organizations")
def organizations(session: SessionDep, page: PageNumber = 1, per_page: PerPage = 50) -> dict[str, Any]:
    listed = queries.organisation_page(session, page, per_page)
    return hsds.page(listed, [hsds.organisation_json(row) for row in listed.rows])


@router.get("/organizations/{organization_id}")
def organization(organization_id: UUID, session: SessionDep) -> dict[str, Any]:
    return hsds.organisation_json(_organisation(session, organization_id))


def _organisation(session: Session, organization_id: UUID) -> Organisation:
    organisation = session.get(Organisation, organization_id)
    if organisation is None:
        raise NotFound("There is no organization with this id.")
    return organisation
