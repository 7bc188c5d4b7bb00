"""An advice request as other services see it: what it is about, who made it, and in what words."""

from __future__ import annotations

from services.intake.requests import rules
from services.intake.requests.commands import PUBLIC_FORM
from services.intake.requests.tables import AdviceRequest, State
from shared.events.details import Asker, ContactPoint, Reachable, Requester, RequestFacts, SafeTime
from shared.geography import home_language
from shared.vocabulary import AgeBand, ContactChannel, HelpFor


def facts(request: AdviceRequest) -> RequestFacts:
    return RequestFacts(
        id=request.id,
        reference=request.reference,
        state=request.state,
        withdrawn=request.state in rules.FINAL,
        hold=request.hold,
        audience=request.audience,
        help_for=tuple(HelpFor(one) for one in request.help_for),
        needs=tuple(request.needs),
        stage=request.stage,
        child_age_bands=tuple(AgeBand(one) for one in request.child_age_bands),
        country=request.country,
        postcode=request.postcode,
        language=request.language,
        facility=request.facility,
        share=request.share,
        urgency=request.urgency,
        remote=request.remote,
        may_contact=request.channel is not ContactChannel.NONE,
        received_at=request.received_at,
    )


def contact_point(request: AdviceRequest, status_url: str) -> ContactPoint:
    by_public_form = request.client == PUBLIC_FORM
    return ContactPoint(**dict(_reachable(request)), by_public_form=by_public_form, status_url=status_url)


def asker(request: AdviceRequest) -> Asker:
    requester = Requester.model_validate_json(request.requester) if request.requester else None
    return Asker(**dict(_reachable(request)), question=request.question, requester=requester)


def _reachable(request: AdviceRequest) -> Reachable:
    return Reachable(
        id=request.id,
        reference=request.reference,
        name=request.name,
        channel=request.channel,
        phone=request.phone,
        email=request.email,
        language=request.language,
        country=request.country,
        safe_times=tuple(SafeTime.model_validate(one) for one in request.safe_times),
        voicemail=request.voicemail,
        discreet=request.discreet,
        minors_own_phone=request.minors_own_phone,
        share=request.share,
        withdrawn=request.state is State.WITHDRAWN,
        otherwise=request.page_language or home_language(request.country, request.postcode),
    )
