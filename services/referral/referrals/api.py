from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from sqlmodel import Session

from services.referral.directory.queries import services_by_id
from services.referral.matching.explaining import explain
from services.referral.referrals import queries, rules
from services.referral.referrals.profiles import partner_language, working_country
from services.referral.referrals.queries import OfferView
from services.referral.referrals.schemas import OfferOut, ReferralOut, ServiceOut
from services.referral.referrals.tables import Offer, OfferState, Referral
from shared.errors import NotFound
from shared.security.access import requires, service_only
from shared.security.keystore import Scope
from shared.web.dependencies import RuntimeDep, SessionDep
from shared.web.languages import negotiate
from shared.web.schemas import ApiList, Ids

router = APIRouter()
READ = Depends(requires(Scope.REFERRALS_READ, Scope.DESK))


@router.get("/v1/referrals", dependencies=[READ])
def list_referrals(
    request: Request,
    session: SessionDep,
    advice_request_id: Annotated[UUID, Query(alias="adviceRequestId")],
) -> ApiList[ReferralOut]:
    """The referral of a question; empty until the question has been looked at."""
    found = queries.referral_of(session, advice_request_id)
    return ApiList(items=[_out(session, found, negotiate(request))] if found else [])


@router.get("/v1/referrals/{referral_id}", dependencies=[READ])
def get_referral(referral_id: UUID, request: Request, session: SessionDep) -> ReferralOut:
    found = session.get(Referral, referral_id)
    if found is None:
        raise NotFound("There is no referral with this id.")
    return _out(session, found, negotiate(request))


@router.post("/internal/offers", dependencies=[Depends(service_only)], include_in_schema=False)
def offers_for_services(asked: Ids, session: SessionDep, runtime: RuntimeDep) -> dict[str, Any]:
    """Where an offer goes and what it says; the link is made anew each time, and stored nowhere."""
    base = runtime.settings.public_url("referral")
    return {"items": [_offer(one, base) for one in queries.offer_views(session, asked.ids).values()]}


@router.post("/internal/referrals", dependencies=[Depends(service_only)], include_in_schema=False)
def referrals_for_services(asked: Ids, session: SessionDep) -> dict[str, Any]:
    """Who said yes, or who can be turned to where nobody did."""
    found = queries.referrals_by_id(session, asked.ids)
    services = queries.accepted_services(session, found)
    items = []
    for one in found:
        said_yes = services.get(one.accepted_service_id) if one.accepted_service_id else None
        items.append(
            {
                "id": str(one.id),
                "requestId": str(one.request_id),
                "state": one.status.value,
                "organisation": said_yes[1].name if said_yes else None,
                "service": said_yes[0].name if said_yes else None,
                "website": said_yes[1].website if said_yes else None,
                "unplacedReason": one.reason if one.status == "unplaced" else None,
                "helplines": [
                    {"name": each["organisation"], "website": each.get("website")}
                    for each in one.explanation.get("namedInstead", [])
                ],
            }
        )
    return {"items": items}


def _out(session: Session, referral: Referral, language: str) -> ReferralOut:
    offers = queries.offers_of(session, referral.id)
    return ReferralOut(
        id=referral.id,
        advice_request_id=referral.request_id,
        state=referral.status.value,
        reason=referral.reason,
        urgency=referral.urgency.value,
        service=_service(session, referral, offers),
        offers=[_offer_out(one, language) for one in offers],
        created_at=referral.created_at,
        updated_at=referral.updated_at,
        explanation=explain(referral.explanation, language) if referral.explanation else {},
    )


def _offer_out(offer: Offer, language: str) -> OfferOut:
    return OfferOut(
        id=offer.id,
        service_id=offer.service_id,
        state=offer.state.value,
        offered_at=offer.offered_at,
        answer_by=offer.answer_by,
        answered_at=offer.answered_at,
        decline_reason=offer.decline_reason.value if offer.decline_reason else None,
        explanation=explain(offer.explanation, language) if offer.explanation else None,
    )


def _service(session: Session, referral: Referral, offers: list[Offer]) -> ServiceOut | None:
    asked = next((one.service_id for one in reversed(offers) if one.state is OfferState.OPEN), None)
    wanted = referral.accepted_service_id or asked
    found = services_by_id(session, [wanted]).get(wanted) if wanted else None
    if found is None:
        return None
    service, organisation = found
    return ServiceOut(
        id=service.id, name=service.name, organisation=organisation.name, sample=organisation.sample
    )


def _offer(view: OfferView, base: str) -> dict[str, Any]:
    return {
        "id": str(view.offer.id),
        "referralId": str(view.referral.id),
        "requestId": str(view.referral.request_id),
        "state": view.offer.state.value,
        "organisation": view.organisation.name,
        "service": view.service.name,
        "email": view.service.email,
        "language": partner_language(view.service),
        "country": working_country(view.service.country, view.referral.country),
        "link": f"{base}/r/{rules.token_of(view.offer.id)}",
        "answerBy": view.offer.answer_by.isoformat(),
        "urgency": view.referral.urgency.value,
        "sample": view.organisation.sample,
    }
