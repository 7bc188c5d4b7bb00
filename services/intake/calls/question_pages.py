"""A call that becomes a question: everything that was written down is there already, and consent is asked."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.calls import form, queries, showing
from services.intake.calls.commands import records
from services.intake.calls.pages import PATH
from services.intake.calls.rules import cannot_be_called
from services.intake.calls.tables import Call
from services.intake.requests import commands as requests
from services.intake.requests.form import RequestForm, read
from services.intake.requests.options import options
from services.intake.staff.access import staff
from services.intake.staff.framing import check_form, framed
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from shared.errors import Conflict, NotFound
from shared.vocabulary import ContactChannel
from shared.web import forms
from shared.web.dependencies import Now, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False)
Adviser = Annotated[Signed, Depends(staff(Role.ADVISER, Role.SENIOR))]
Filled = Annotated[RequestForm, Form()]
# The sender of questions that the desk writes down for somebody on the line.
DESK = "desk"


@router.get(f"{PATH}/{{call_id}}/question")
def question_page(
    call_id: UUID, request: Request, session: SessionDep, signed: Adviser, now: Now
) -> Response:
    call = _own(session, call_id, signed)
    return _page(request, call, signed, _of_call(call, negotiate(request)), [])


@router.post(f"{PATH}/{{call_id}}/question")
def make_question(
    call_id: UUID, request: Request, session: SessionDep, signed: Adviser, now: Now, filled: Filled
) -> Response:
    """Take in the question, which the desk vouches for, and show what to read out to the caller.

    Sent twice it is one question. A number that was left empty is that of the call.
    """
    check_form(filled.form, signed)
    call, language = _own(session, call_id, signed), negotiate(request)
    examined, mistakes = read(_with_number(filled, call), language)
    if examined is None:
        return _page(request, call, signed, filled, mistakes)
    by = requests.Submission(DESK, f"call:{call.id}", page_language=language)
    try:
        receipt = requests.submit_all(session, [requests.Arrival(examined, by, now)])[0]
    except Conflict:
        session.rollback()
        return forms.see_other(request, f"{PATH}/{call_id}")
    records.became(session, call_id, receipt.id, signed, at=now)
    context = {"call_id": call_id, "reference": receipt.reference, "return_code": receipt.return_code}
    return framed(request, "calls/asked.html", signed, context)


def _page(
    request: Request, call: Call, signed: Signed, filled: RequestForm, mistakes: list[Mistake]
) -> Response:
    language = negotiate(request)
    choices = {**options(language, filled.audience), "audience": showing.audiences(language)}
    context = {
        "call": call,
        "filled": filled,
        "mistakes": mistakes,
        "options": choices,
        "in_detention": cannot_be_called(filled.audience),
    }
    return framed(request, "calls/question.html", signed, context, status=400 if mistakes else 200)


def _of_call(call: Call, language: str) -> RequestForm:
    """Return the form of a question, filled in with what was written down of the call."""
    draft = form.of_draft(call)
    safe_from, safe_to = draft.safe_from, draft.safe_to
    return RequestForm(
        danger=draft.danger,
        audience=draft.audience,
        needs=draft.needs,
        question=draft.notes,
        child_age_bands=draft.ages,
        stage=draft.stage,
        country=draft.home(),
        postcode=draft.postcode,
        language=draft.language or language,
        safe_days=draft.safe_days,
        safe_from=safe_from,
        safe_to=safe_to,
    )


def _with_number(filled: RequestForm, call: Call) -> RequestForm:
    """Fill in the number of the call where a number is needed and none was typed: nobody has to read it."""
    needed = filled.channel in (ContactChannel.SMS, ContactChannel.PHONE)
    if needed and not filled.phone and call.number:
        return filled.model_copy(update={"phone": call.number})
    return filled


def _own(session: Session, call_id: UUID, signed: Signed) -> Call:
    """Raises NotFound for a call that is not this adviser's: nothing of it is shown to others."""
    call = queries.call(session, call_id)
    if call is None or call.adviser != signed.id or call.draft is None:
        raise NotFound("You are not writing down such a call.")
    return call
