from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from sqlmodel import Session

from services.intake.guidance.rules import names_danger, urgent_help
from services.intake.requests import commands, queries, rules, views
from services.intake.requests.access import may_read, may_withdraw
from services.intake.requests.commands import Arrival, Receipt, Submission
from services.intake.requests.problems import field_errors
from services.intake.requests.schemas import (
    AdviceRequestIn,
    AdviceRequestOut,
    AdviceRequestReceived,
    HelpLineOut,
)
from services.intake.requests.tables import State
from shared import telemetry
from shared.errors import Invalid
from shared.events.details import Asker, ContactPoint, RequestFacts
from shared.runtime import Runtime
from shared.security.access import may_spend, requires
from shared.security.keystore import ApiKey, Scope
from shared.web import problems
from shared.web.dependencies import Now, SessionDep, runtime_of
from shared.web.details import answer_details
from shared.web.together import Together


class AllAtOnce(APIRoute):
    """Reports, for a body of the wrong shape, what else is wrong: one correction is then enough."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except RequestValidationError as problem:
                # In a thread: a body can have many mistakes, and other requests are answered meanwhile.
                raise await run_in_threadpool(_everything_wrong, problem) from problem

        return handle


def _everything_wrong(problem: RequestValidationError) -> Invalid:
    errors = problem.errors()
    wrong = {tuple(map(str, error["loc"][1:])) for error in errors}
    beyond = field_errors(rules.beyond_shape(problem.body, wrong))
    return Invalid([*problems.field_errors(errors), *beyond])


router = APIRouter(route_class=AllAtOnce)

IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)]


@router.post("/v1/advice-requests", status_code=202, response_model=AdviceRequestReceived)
async def submit(
    body: AdviceRequestIn,
    request: Request,
    key: Annotated[ApiKey, Depends(requires(Scope.REQUESTS_WRITE))],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Take in an advice request; 202 means that it is on disk. What arrives together shares a transaction.

    Send an `Idempotency-Key` of your own making: then a repeated request makes no second advice request,
    for as long as the first is kept. What comes above a key's ceilings is taken in and waits for a person.
    """
    examined = rules.examine(body)
    if examined.findings:
        raise Invalid(field_errors(examined.findings))
    submit_together: Together[Arrival, Receipt] = request.app.state.submit_together
    by = Submission(key.id, idempotency_key, organisation=key.owner.organisation)
    now = runtime_of(request).clock.now()
    correlation, vouched = telemetry.correlation_id.get(), await may_spend(request, key)
    receipt = await submit_together(Arrival.by_key(examined, by, now, correlation, vouched=vouched))
    # Serialised here: the framework would parse its own answer and serialise it again.
    answer = _received(receipt, body).model_dump_json(by_alias=True, exclude_none=True)
    where = {"Location": f"/v1/advice-requests/{receipt.reference}"}
    return Response(answer, 202, where, media_type="application/json")


@router.get("/v1/advice-requests/{reference}")
def get_advice_request(
    reference: str, session: SessionDep, request_id: Annotated[UUID, Depends(may_read)]
) -> AdviceRequestOut:
    """Return the state of an advice request; needs its return code or a key."""
    return AdviceRequestOut.from_row(queries.by_ids(session, [request_id])[0])


@router.delete("/v1/advice-requests/{reference}")
def withdraw_advice_request(
    reference: str,
    request: Request,
    session: SessionDep,
    now: Now,
    request_id: Annotated[UUID, Depends(may_withdraw)],
) -> AdviceRequestOut:
    """Withdraw an advice request. Idempotent."""
    who = getattr(request.state, "who", "")
    return AdviceRequestOut.from_row(commands.withdraw(session, request_id, at=now, who=who))


def _facts(session: Session, runtime: Runtime, ids: Sequence[UUID]) -> Iterator[RequestFacts]:
    return (views.facts(one) for one in queries.by_ids(session, ids))


def _contact_points(session: Session, runtime: Runtime, ids: Sequence[UUID]) -> Iterator[ContactPoint]:
    site = runtime.settings.public_url("intake")
    return (views.contact_point(one, site) for one in queries.by_ids(session, ids))


def _askers(session: Session, runtime: Runtime, ids: Sequence[UUID]) -> Iterator[Asker]:
    return (views.asker(one) for one in queries.by_ids(session, ids))


answer_details(router, RequestFacts, _facts)
answer_details(router, ContactPoint, _contact_points)
answer_details(router, Asker, _askers)


def _received(receipt: Receipt, body: AdviceRequestIn) -> AdviceRequestReceived:
    return AdviceRequestReceived(
        id=receipt.id,
        reference=receipt.reference,
        return_code=receipt.return_code,
        # As it was when it came in: a repeated request is answered alike, whatever has happened since.
        state=State.HELD if names_danger(body.needs, body.danger) else State.RECEIVED,
        urgent_help=[HelpLineOut.of(one) for one in urgent_help(body.country, body.audience, body.language)]
        if names_danger(body.needs, body.danger)
        else None,
    )
