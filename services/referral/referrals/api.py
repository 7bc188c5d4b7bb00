from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from sqlmodel import Session

from services.referral.directory.queries import services_by_id
from services.referral.directory.tables import Organisation, Service
from services.referral.matching.explaining import asks_for_an_interpreter, explain, first_to_ask
from services.referral.referrals import queries, rules
from services.referral.referrals.profiles import partner_language, working_country
from services.referral.referrals.queries import OfferView
from services.referral.referrals.schemas import ConsentOut, OfferOut, ReferralOut, ServiceOut
from services.referral.referrals.tables import Offer, OfferState, Referral, Status
from shared.errors import NotFound
from shared.events.details import Helpline, OfferDetail, ReferralDetail
from shared.runtime import Runtime
from shared.security.access import requires
from shared.security.keystore import ApiKey, Scope
from shared.vocabulary import Share
from shared.web.dependencies import SessionDep, SliceDep
from shared.web.details import answer_details
from shared.web.languages import negotiate
from shared.web.schemas import ApiList

router = APIRouter()
Reader = Annotated[ApiKey, Depends(requires(Scope.REFERRALS_READ, Scope.DESK))]


@router.get("/v1/referrals")
def list_referrals(
    request: Request,
    session: SessionDep,
    wanted: SliceDep,
    key: Reader,
    advice_request_id: Annotated[UUID, Query(alias="adviceRequestId")],
) -> ApiList[ReferralOut]:
    """List the referral of an advice request; empty until the request has been matched.

    Also empty for a key of an organisation that did not send the request.
    """
    found = queries.referrals_about(session, advice_request_id, key, wanted)
    return ApiList.of(found.each(lambda one: _out(session, one, negotiate(request))))


@router.get("/v1/referrals/{referral_id}")
def get_referral(referral_id: UUID, request: Request, session: SessionDep, key: Reader) -> ReferralOut:
    referral = queries.seen_by(session, referral_id, key)
    if referral is None:
        raise NotFound("There is no referral with this id.")
    return _out(session, referral, negotiate(request))


def _offers(session: Session, runtime: Runtime, ids: Sequence[UUID]) -> Iterator[OfferDetail]:
    base = runtime.settings.public_url("referral")
    return (_offer(view, base) for view in queries.offer_views(session, ids).values())


def _referrals(session: Session, runtime: Runtime, ids: Sequence[UUID]) -> Iterator[ReferralDetail]:
    referrals = queries.referrals_by_id(session, ids)
    services = queries.accepted_services(session, referrals)
    for referral in referrals:
        accepted = services.get(referral.accepted_service_id) if referral.accepted_service_id else None
        yield _referral(referral, *(accepted or (None, None)))


answer_details(router, OfferDetail, _offers)
answer_details(router, ReferralDetail, _referrals)


def _out(session: Session, referral: Referral, language: str) -> ReferralOut:
    offers = queries.offers_of(session, referral.id)
    return ReferralOut(
        id=referral.id,
        advice_request_id=referral.request_id,
        state=referral.status.value,
        reason=referral.reason,
        urgency=referral.urgency.value,
        service=_service(session, referral, offers),
        offers=[_offer_out(offer, language) for offer in offers],
        created_at=referral.created_at,
        updated_at=referral.updated_at,
        consent=_consent(referral),
        explanation=explain(referral.explanation, language) if referral.explanation else {},
    )


def _consent(referral: Referral) -> ConsentOut | None:
    if not (referral.consent_by and referral.consent_how and referral.consent_on):
        return None
    return ConsentOut(by=referral.consent_by, how=referral.consent_how, on=referral.consent_on)


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
    asked = next((offer.service_id for offer in reversed(offers) if offer.state is OfferState.OPEN), None)
    wanted = referral.accepted_service_id or asked
    row = services_by_id(session, [wanted]).get(wanted) if wanted else None
    if row is None:
        return None
    service, organisation = row
    return ServiceOut(
        id=service.id, name=service.name, organisation=organisation.name, sample=organisation.sample
    )


def _offer(view: OfferView, base: str) -> OfferDetail:
    return OfferDetail(
        id=view.offer.id,
        referral_id=view.referral.id,
        request_id=view.referral.request_id,
        state=view.offer.state,
        organisation=view.organisation.name,
        service=view.service.name,
        email=view.service.email,
        language=partner_language(view.service),
        country=working_country(view.service.country, view.referral.country),
        link=f"{base}/r/{rules.token_given(view.offer)}",
        answer_by=view.offer.answer_by,
        urgency=view.referral.urgency,
        sample=view.organisation.sample,
        reference=view.referral.about.reference,
        offered_at=view.offer.offered_at,
    )


def _referral(
    referral: Referral, service: Service | None, organisation: Organisation | None
) -> ReferralDetail:
    named = referral.explanation.get("namedInstead", [])
    waits = referral.status is Status.PROPOSED and referral.about.share is Share.ASK_FIRST
    meant = first_to_ask(referral.explanation) if waits else None
    return ReferralDetail(
        id=referral.id,
        request_id=referral.request_id,
        state=referral.status,
        organisation=organisation.name if organisation else None,
        service=service.name if service else None,
        website=organisation.website if organisation else None,
        unplaced_reason=referral.reason if referral.status is Status.UNPLACED else None,
        meant=meant["organisation"] if meant else None,
        interpreter=asks_for_an_interpreter(referral.explanation),
        helplines=tuple(Helpline(name=one["organisation"], website=one.get("website")) for one in named),
    )
