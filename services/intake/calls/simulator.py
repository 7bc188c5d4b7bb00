"""Calls that nobody makes, beside the postbus: for trying the telephone out on a machine of its own.

`calls/simulator.html` gets `calls` (those that ring or go on) and `form_token`.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.calls import queries
from services.intake.calls.exchange import read
from services.intake.calls.exchange_api import tell
from services.intake.calls.tables import Call
from services.intake.settings import IntakeSettings
from shared.errors import NotFound
from shared.ids import new_id
from shared.security.access import Access
from shared.web import forms, pages
from shared.web.dependencies import FormDep, Now, SessionDep
from shared.web.proxies import is_from_here

PATH = "/simulator/calls"
FORM = "simulator"
OURS = "+31201234567"
EVENTS = {"answer": "answer", "hang-up": "hangup"}


class AtOwnMachine(Access):
    """Lets in whoever sits at a machine of its own, as the postbus does; for others there is nothing here."""

    async def __call__(self, request: Request) -> None:
        settings: IntakeSettings = request.app.state.runtime.settings
        if not (settings.is_on_its_own and is_from_here(request)):
            raise NotFound("There is nothing here.")


own_machine = AtOwnMachine()
router = APIRouter(include_in_schema=False, dependencies=[Depends(own_machine)])


@router.get(PATH)
def simulator(request: Request, session: SessionDep, now: Now) -> Response:
    """Show what rings and goes on, with what can become of it."""
    context = {"calls": queries.going_on(session, now), "form_token": forms.new_token(FORM)}
    return pages.render(request, "calls/simulator.html", context)


@router.post(PATH)
def let_it_ring(request: Request, session: SessionDep, now: Now, sent: FormDep) -> Response:
    """Have a call ring from a number, or from a hidden one."""
    forms.check(sent.get("form", ""), FORM)
    _tell(session, now, "newCall", f"simulated-{new_id()}", sent.get("number") or "anonymous")
    return forms.see_other(request, PATH)


@router.post(f"{PATH}/{{call_id}}/{{deed}}")
def go_on(
    call_id: UUID, deed: str, request: Request, session: SessionDep, now: Now, sent: FormDep
) -> Response:
    """Answer a call, or end it: one that nobody answered is missed."""
    forms.check(sent.get("form", ""), FORM)
    call = session.get(Call, call_id)
    if call is None or call.call_id is None or deed not in EVENTS:
        raise NotFound("There is no such call.")
    _tell(session, now, EVENTS[deed], call.call_id, user=sent.get("user", ""))
    return forms.see_other(request, PATH)


def _tell(
    session: Session, now: datetime, event: str, call_id: str, number: str = "", user: str = ""
) -> None:
    """Say what an exchange would say, in the form that it would send."""
    form = [("event", event), ("callId", call_id), ("direction", "in"), ("cause", "normalClearing")]
    if number:
        form += [("from", number), ("to", OURS)]
    if user:
        form.append(("user[]", user))
    told = read(form)
    if told is not None:
        tell(session, told, now)
