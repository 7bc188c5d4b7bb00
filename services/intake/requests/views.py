"""An advice request as other services see it: what it is about, who made it, and in what words."""

from __future__ import annotations

from services.intake.requests import rules
from services.intake.requests.references import PROOF_PAGE, proof_token
from services.intake.requests.tables import PUBLIC_FORM, AdviceRequest, State, WaitsFor
from shared.contact.organisations import marks
from shared.events.details import Asker, ContactPoint, Reachable, Requester, RequestFacts, SafeTime, Worker
from shared.geography import home_language
from shared.vocabulary import AgeBand, Audience, ContactChannel, HelpFor


def facts(request: AdviceRequest) -> RequestFacts:
    return RequestFacts(
        id=request.id,
        reference=request.reference,
        state=request.state,
        withdrawn=request.state in rules.FINAL,
        unproven=request.waits_for is not None,
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
        organisation=request.organisation,
        own=_own(request),
    )


def _own(request: AdviceRequest) -> tuple[str, ...]:
    """Return by what the organisations are recognised that it comes from, or through which it is answered."""
    requester, worker = _requester(request), _worker(request)
    return marks(
        request.organisation,
        requester.organisation if requester else None,
        worker.organisation if worker else None,
    )


def _requester(request: AdviceRequest) -> Requester | None:
    return Requester.model_validate_json(request.requester) if request.requester else None


def contact_point(request: AdviceRequest, site: str) -> ContactPoint:
    """Return how the asker is written to. An unproven number that a child gave is taken for a child's own."""
    reachable = dict(_reachable(request))
    reachable["minors_own_phone"] |= request.audience is Audience.CHILD and request.waits_for is not None
    asks = request.waits_for is WaitsFor.PROOF and request.state not in rules.FINAL
    worker = _worker(request)
    return ContactPoint(
        **reachable,
        by_public_form=request.client == PUBLIC_FORM or request.waits_for is not None,
        status_url=f"{site}/status",
        proven=request.waits_for is None or request.proven_at is not None,
        unread_answer=request.unread_answer_since is not None,
        proof_url=f"{site}{PROOF_PAGE}/{proof_token(request.id)}" if asks else None,
        worker_email=worker.email if worker else None,
    )


def asker(request: AdviceRequest) -> Asker:
    return Asker(
        **dict(_reachable(request)),
        question=request.question,
        requester=_requester(request),
        address=request.address,
        worker=_worker(request),
    )


def _worker(request: AdviceRequest) -> Worker | None:
    return Worker.model_validate_json(request.worker) if request.worker else None


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
