"""The pages on which people make, follow and withdraw an advice request. None of them needs JavaScript.

No page has a name, a number, a reference or a code in its address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.guidance.rules import HelpLine, names_danger, urgent_help
from services.intake.requests import commands, form, rules
from services.intake.requests.commands import PUBLIC_FORM, Arrival, Submission
from services.intake.requests.form import RequestForm
from services.intake.requests.options import options
from services.intake.requests.references import tidy_code, tidy_reference
from services.intake.requests.schemas import AdviceRequestIn
from services.intake.requests.tables import AdviceRequest, State
from shared.contact.phones import is_good_in_both
from shared.countries import COUNTRIES, zone
from shared.errors import Conflict, NotFound, TooMany
from shared.events.details import ReferralDetail
from shared.peers import PeerUnavailable
from shared.runtime import Runtime
from shared.security.access import open_to_all
from shared.vocabulary import ContactChannel, Share
from shared.web import forms, pages
from shared.web.dependencies import FormDep, Now, RuntimeDep, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate
from shared.web.origin import origin
from shared.web.sentences import sentence

router = APIRouter(include_in_schema=False, dependencies=[Depends(open_to_all)])
FORM = "public-form"


@router.get("/")
def form_page(request: Request) -> Response:
    return _form(request, forms.new_token(FORM), RequestForm(), [])


@router.post("/")
def send_form(
    request: Request, session: SessionDep, now: Now, filled: Annotated[RequestForm, Form()]
) -> Response:
    """Take in the advice request, or show the form again with what was filled in and what to correct.

    The form's own token is its idempotency key: a second press of the button makes no second advice request.
    A change of language only shows the form again.
    """
    language, token = negotiate(request), filled.form
    ours = forms.is_ours(token, FORM)
    if filled.switch:
        return _form(request, token if ours else forms.new_token(FORM), filled.switched(language), [])
    if not ours:
        stale = Mistake("danger", sentence("form-stale", language))
        return _form(request, forms.new_token(FORM), filled, [stale], 400)
    examined, mistakes = form.read(filled, language)
    if examined is None:
        return _form(request, token, filled, mistakes, 400)
    by, body = Submission(PUBLIC_FORM, token, origin(request), language), examined.body
    danger = names_danger(body.needs, body.danger)
    try:
        receipt = commands.submit(session, Arrival(examined, by, now))
    except (Conflict, TooMany) as refusal:
        session.rollback()
        return _not_taken_in(request, refusal, filled, body, now)
    return pages.render(
        request,
        "requests/received.html",
        {
            "reference": receipt.reference,
            "return_code": receipt.return_code,
            "urgent": urgent_help(body.country, body.audience, body.language) if danger else [],
            "next": _what_happens_now(body, danger),
            "number": examined.reach.phone if is_good_in_both(body.contact.phone or "") else None,
        },
    )


@router.get("/status")
def status_form(request: Request) -> Response:
    return _status_form(request)


@router.post("/status")
def status(request: Request, runtime: RuntimeDep, session: SessionDep, now: Now, sent: FormDep) -> Response:
    """Show the state of an advice request to a person with its reference and return code."""
    row = _found(request, session, now, sent)
    if isinstance(row, Response):
        return row
    return _status(request, runtime, session, row, sent["code"])


@router.post("/status/withdrawal")
def withdraw(request: Request, runtime: RuntimeDep, session: SessionDep, now: Now, sent: FormDep) -> Response:
    """Withdraw the advice request and show its state; a closed one stays closed. Idempotent."""
    row = _found(request, session, now, sent)
    if isinstance(row, Response):
        return row
    if row.state is not State.CLOSED:
        row = commands.withdraw(session, row.id, at=now)
    return _status(request, runtime, session, row, sent["code"])


@router.post("/status/consent")
def consent(request: Request, runtime: RuntimeDep, session: SessionDep, now: Now, sent: FormDep) -> Response:
    """Take the yes of an asker who wanted to be asked first, and show what happens now. Idempotent."""
    row = _found(request, session, now, sent)
    if isinstance(row, Response):
        return row
    asked = _waits_for_yes(row)
    if asked:
        row = commands.give_consent(session, row.id, at=now)
    return _status(request, runtime, session, row, sent["code"], agreed=asked)


def _waits_for_yes(row: AdviceRequest) -> bool:
    return row.share is Share.ASK_FIRST and row.state is State.WAITING


def _what_happens_now(body: AdviceRequestIn, danger: bool) -> list[str]:
    """Return the keys of the texts under `received` that are true of this advice request."""
    channel, share = body.contact.channel, body.consent.share
    if share is not Share.YES:
        return [f"next-{share}-none" if channel is ContactChannel.NONE else f"next-{share}"]
    return ["next-held"] if danger else ["next", f"told-{channel}"]


def _state_text(row: AdviceRequest, known: ReferralDetail | None) -> str:
    """Return the key of what is true of this advice request in its state."""
    key = f"state.{row.state}.text"
    if row.state in (State.ACCEPTED, State.CLOSED):
        return f"{key}-none" if row.channel is ContactChannel.NONE else key
    if row.state is not State.WAITING:
        return key
    if row.share is not Share.YES:
        return f"{key}-{row.share}"
    return f"{key}-unplaced" if known and known.unplaced_reason else key


def _not_taken_in(
    request: Request, refusal: Conflict | TooMany, filled: RequestForm, body: AdviceRequestIn, now: datetime
) -> Response:
    """Show a refused form again as it was typed, with what to do and, in danger, the numbers to call."""
    language = negotiate(request)
    if isinstance(refusal, Conflict):
        token, notice = forms.new_token(FORM), pages.texts().text(language, "form.sent-before")
    else:
        again = now + timedelta(seconds=refusal.retry_after)
        when = pages.local_time(again, language, zone(body.country))
        token, notice = filled.form, pages.texts().text(language, "form.too-often", when=when)
    danger = names_danger(body.needs, body.danger)
    call = urgent_help(body.country, body.audience, body.language) if danger else []
    return _form(
        request, token, filled, [], refusal.status, notice=notice, call=call, headers=refusal.headers
    )


def _form(
    request: Request,
    token: str,
    filled: RequestForm,
    mistakes: list[Mistake],
    status: int = 200,
    *,
    notice: str | None = None,
    call: Sequence[HelpLine] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Show the form as it was filled in; `notice` says why it was refused, `call` lists numbers to call."""
    language = negotiate(request)
    context = {
        "token": token,
        "filled": filled,
        "mistakes": mistakes,
        "notice": notice,
        "call": call,
        "options": options(language),
        "urgent": {country: urgent_help(country, language=language) for country in COUNTRIES},
    }
    return pages.render(request, "requests/form.html", context, status=status, headers=headers)


def _found(request: Request, session: Session, now: Any, sent: dict[str, str]) -> AdviceRequest | Response:
    reference = tidy_reference(sent.get("reference", ""))
    code = tidy_code(sent.get("code", ""))
    try:
        return commands.find_with_code(session, reference or "", code, origin=origin(request), at=now)
    except NotFound:
        return _status_form(request, 404, sent, wrong=True)
    except TooMany as refusal:
        return _status_form(request, 429, sent, headers=refusal.headers)


def _status_form(
    request: Request,
    status: int = 200,
    sent: Mapping[str, str] = MappingProxyType({}),
    *,
    wrong: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Show the form for following an advice request, with the reference as typed; the code is typed anew."""
    language = negotiate(request)
    context = {
        "mistakes": [Mistake("reference", pages.texts().text(language, "status.unknown"))] if wrong else [],
        "notice": pages.texts().text(language, "status.too-often") if status == 429 else None,
        "reference": sent.get("reference", ""),
    }
    return pages.render(request, "requests/status_form.html", context, status=status, headers=headers)


def _status(
    request: Request,
    runtime: Runtime,
    session: Session,
    row: AdviceRequest,
    code: str,
    *,
    agreed: bool = False,
) -> Response:
    session.commit()  # referral may be slow to answer, and no transaction waits for that
    known = _partner(runtime, row)
    context = {
        "reference": row.reference,
        "code": code,
        "state": row.state.value,
        "state_text": _state_text(row, known),
        "ask_for_yes": _waits_for_yes(row) and known is not None,
        "agreed": agreed,
        "meant": known.meant if known else None,
        "channel": row.channel.value,
        "partner": known if known and known.organisation else None,
        "helplines": known.helplines if known and row.state is State.WAITING else [],
        "urgent": _urgent(row) if row.state is State.HELD else [],
        "may_withdraw": row.state not in rules.FINAL,
    }
    return pages.render(request, "requests/status.html", context)


def _urgent(row: AdviceRequest) -> list[HelpLine]:
    return urgent_help(row.country, row.audience, row.language)


def _partner(runtime: Runtime, row: AdviceRequest) -> ReferralDetail | None:
    """Return what referral says of it, or None where there is no referral or no answer from that service."""
    if row.referral_id is None:
        return None
    try:
        return runtime.peers.lookup(ReferralDetail, [row.referral_id]).get(row.referral_id)
    except PeerUnavailable:
        return None
