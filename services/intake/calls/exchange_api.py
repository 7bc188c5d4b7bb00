"""Where a telephone exchange tells what happens: `POST /cti/{key}`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session

from services.intake.calls.commands import answer, hang_up, ring
from services.intake.calls.exchange import ExchangeEvent, Told, read
from shared.errors import NotFound
from shared.security import keystore
from shared.security.access import Access, in_time
from shared.security.keystore import ApiKey, Scope
from shared.web.dependencies import Now, SessionDep

router = APIRouter(include_in_schema=False)


class ExchangeKey(Access):
    """Lets in an exchange by the key in its address: exchanges cannot send a header.

    The key has the scope `telephone` and no other, so that an address that leaks opens nothing else. Whatever
    is wrong with it, the answer is that there is nothing here.
    """

    async def __call__(self, request: Request) -> ApiKey:
        runtime, key = request.app.state.runtime, request.path_params["key"]
        found = keystore.remembered(runtime.sessions, key)
        found = found or await run_in_threadpool(keystore.look_up, runtime.sessions, key)
        if found is None or found.scopes != {Scope.TELEPHONE}:
            raise NotFound("There is nothing here.")
        in_time(found, runtime.clock.now())
        return found


@router.post("/cti/{key}")
async def heard(
    request: Request, session: SessionDep, now: Now, key: Annotated[ApiKey, Depends(ExchangeKey())]
) -> dict[str, str]:
    """Take what the exchange tells, once and in any order.

    What is not understood is answered alike: an exchange would only say it again.
    """
    form = await request.form()
    event = read([(name, value) for name, value in form.multi_items() if isinstance(value, str)])
    if event is not None:
        await run_in_threadpool(tell, session, event, now)
    return {}


def tell(session: Session, event: ExchangeEvent, at: datetime) -> None:
    """Note what happened to a call. Commits. Idempotent."""
    if event.told is Told.NEW_CALL:
        ring(session, event.call_id, event.caller, event.called, at, event.direction)
        return
    if event.caller or event.called:
        # The word that it rings can be lost, or come last: the number is in every event.
        ring(session, event.call_id, event.caller, event.called, at, event.direction)
    if event.told is Told.ANSWER:
        answer(session, event.call_id, event.user, at)
    else:
        hang_up(session, event.call_id, event.cause, at)
