"""Who is to be called back, and the page of one of them. A number is shown to whoever says why, and noted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.calls import queries, rules, showing
from services.intake.calls.commands import calling_back, records
from services.intake.calls.pages import REASONS
from services.intake.calls.tables import CallBack, Result
from services.intake.staff.access import StepUpFirst, staff
from services.intake.staff.framing import check_form, framed
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from shared.errors import NotFound, RuleBroken
from shared.languages import language_name
from shared.web import forms
from shared.web.dependencies import FormDep, Now, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate
from shared.web.sentences import sentence

router = APIRouter(include_in_schema=False)
Adviser = Annotated[Signed, Depends(staff(Role.ADVISER, Role.SENIOR))]
PATH = "/desk/call-backs"
LONGEST_ADDRESS = 1_000


@router.get(PATH)
def list_page(
    request: Request,
    session: SessionDep,
    signed: Adviser,
    now: Now,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Show a page of those who are to be called back, who is overdue in red and counted."""
    waiting, total = queries.open_backs(session, page)
    context = {
        "waiting": waiting,
        "total": total,
        "before": f"{PATH}?page={page - 1}" if page > 1 else "",
        "onward": f"{PATH}?page={page + 1}" if page * queries.ON_A_PAGE < total else "",
        "overdue": queries.count_overdue(session, now),
        "spoken": language_name,
        "names": queries.names(session, (one.back.owner for one in waiting)),
        "now": now,
    }
    return framed(request, "calls/backs.html", signed, context)


@router.get(f"{PATH}/{{back_id}}")
def back_page(back_id: UUID, request: Request, session: SessionDep, signed: Adviser, now: Now) -> Response:
    return _page(request, session, _back(session, back_id), signed, now)


@router.post(f"{PATH}/{{back_id}}/revealed")
def reveal(
    back_id: UUID, request: Request, session: SessionDep, signed: Adviser, now: Now, sent: FormDep
) -> Response:
    """Show the number, and what to say, to whoever says why. It is noted before it is shown."""
    check_form(sent.get("form", ""), signed)
    if not signed.is_stepped_up:
        raise StepUpFirst(f"{PATH}/{back_id}")
    back, why = _back(session, back_id), sent.get("why", "")
    why = why if why in REASONS else "to-call"
    records.revealed(session, "phone", f"call-back:{back.id}", why, signed, at=now)
    return _page(request, session, _back(session, back_id), signed, now, revealed=True)


@router.post(f"{PATH}/{{back_id}}/attempts")
def tried(
    back_id: UUID, request: Request, session: SessionDep, signed: Adviser, now: Now, sent: FormDep
) -> Response:
    """Note what came of trying."""
    check_form(sent.get("form", ""), signed)
    result = sent.get("result", "")
    if result not in list(Result):
        mistake = Mistake("result", sentence("call-back-result", negotiate(request)))
        return _page(request, session, _back(session, back_id), signed, now, mistakes=[mistake])
    try:
        calling_back.tried(session, back_id, Result(result), signed, at=now)
    except calling_back.Over:
        session.rollback()  # the page says that it is closed, and by what
    return forms.see_other(request, f"{PATH}/{back_id}")


@router.post(f"{PATH}/{{back_id}}/closed")
def close(
    back_id: UUID, request: Request, session: SessionDep, signed: Adviser, now: Now, sent: FormDep
) -> Response:
    """Close it as not reached, or have a letter or a text sent instead, once it was tried often enough."""
    check_form(sent.get("form", ""), signed)
    how, address = sent.get("how", ""), sent.get("address", "").strip()[:LONGEST_ADDRESS]
    if how == "letter" and not address:
        mistake = Mistake("address", sentence("call-back-address", negotiate(request)))
        return _page(request, session, _back(session, back_id), signed, now, mistakes=[mistake])
    try:
        if how == "letter":
            calling_back.by_letter(session, back_id, address, signed, at=now)
        elif how == "text":
            calling_back.by_text(session, back_id, signed, at=now)
        else:
            calling_back.not_reached(session, back_id, signed, at=now)
    except RuleBroken as refusal:
        session.rollback()
        code = calling_back.code_of(refusal)
        mistake = Mistake("close", sentence(code, negotiate(request)))
        return _page(request, session, _back(session, back_id), signed, now, mistakes=[mistake])
    return forms.see_other(request, f"{PATH}/{back_id}")


def _page(
    request: Request,
    session: Session,
    back: CallBack,
    signed: Signed,
    now: datetime,
    *,
    mistakes: list[Mistake] | None = None,
    revealed: bool = False,
) -> Response:
    attempts = queries.attempts(session, back.id)
    context = {
        "back": back,
        "attempts": attempts,
        "names": queries.names(session, [back.owner, *(one.staff_id for one in attempts)]),
        "results": showing.results(negotiate(request)),
        "reasons_named": showing.reasons(REASONS, negotiate(request)),
        "safe_now": rules.is_safe_now(back.safe_times, back.country, now),
        "spoken": language_name,
        "overdue": back.ended is None and back.due_at < now,
        "in_detention": rules.cannot_be_called(back.audience),
        "enough": rules.was_tried_enough([one.result for one in attempts]),
        "mistakes": mistakes or [],
        "revealed": revealed,
    }
    return framed(request, "calls/back.html", signed, context, status=400 if mistakes else 200)


def _back(session: Session, back_id: UUID) -> CallBack:
    back = queries.call_back(session, back_id)
    if back is None:
        raise NotFound("There is no such call-back.")
    return back
