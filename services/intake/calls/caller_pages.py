"""How the desk approaches a caller: the page is reached from one of their calls, so no address names them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.calls import form, queries, rules, showing
from services.intake.calls.commands import callers
from services.intake.calls.pages import PATH
from services.intake.calls.tables import Flag, FlagKind
from services.intake.staff.access import staff
from services.intake.staff.framing import check_form, framed
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from shared.countries import DEFAULT
from shared.errors import NotFound, RuleBroken
from shared.web import forms
from shared.web.dependencies import FormDep, Now, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate
from shared.web.sentences import sentence

router = APIRouter(include_in_schema=False)
Adviser = Annotated[Signed, Depends(staff(Role.ADVISER, Role.SENIOR))]
Senior = Annotated[Signed, Depends(staff(Role.SENIOR))]


@router.get(f"{PATH}/{{call_id}}/caller")
def caller_page(call_id: UUID, request: Request, session: SessionDep, signed: Adviser, now: Now) -> Response:
    return _page(request, session, call_id, signed, now)


@router.post(f"{PATH}/{{call_id}}/caller")
def change_note(
    call_id: UUID, request: Request, session: SessionDep, signed: Adviser, now: Now, sent: FormDep
) -> Response:
    check_form(sent.get("form", ""), signed)
    callers.note(session, call_id, sent.get("note", "").strip()[: form.LONGEST], signed, at=now)
    return forms.see_other(request, f"{PATH}/{call_id}/caller")


@router.post(f"{PATH}/{{call_id}}/flags")
def add_flag(
    call_id: UUID, request: Request, session: SessionDep, signed: Adviser, now: Now, sent: FormDep
) -> Response:
    """Flag a caller until a day; a pause then waits for a second person."""
    check_form(sent.get("form", ""), signed)
    language, why = negotiate(request), sent.get("why", "").strip()[: form.LONGEST]
    kind, ends_at = sent.get("kind", ""), _end_of(sent.get("ends", ""))
    wrong = _wrong(kind, why, ends_at, now)
    if not wrong and ends_at is not None:
        try:
            callers.flag(session, call_id, FlagKind(kind), why, ends_at, signed, at=now)
            return forms.see_other(request, f"{PATH}/{call_id}/caller")
        except RuleBroken as refusal:
            session.rollback()
            wrong = {"kind": "no-pause" if isinstance(refusal, rules.NoPause) else "no-number"}
    mistakes = [Mistake(name, sentence(code, language)) for name, code in wrong.items()]
    return _page(request, session, call_id, signed, now, mistakes=mistakes, typed=sent)


@router.get(f"{PATH}/pauses/{{flag_id}}")
def pause_page(flag_id: UUID, request: Request, session: SessionDep, signed: Adviser, now: Now) -> Response:
    """Show a pause that was asked for to the second person."""
    return _pause(request, session, flag_id, signed, now)


@router.post(f"{PATH}/pauses/{{flag_id}}/agreed")
def agree(
    flag_id: UUID, request: Request, session: SessionDep, signed: Senior, now: Now, sent: FormDep
) -> Response:
    check_form(sent.get("form", ""), signed)
    try:
        callers.agree(session, flag_id, signed, at=now)
    except RuleBroken as refusal:
        session.rollback()
        code = "own-pause" if isinstance(refusal, rules.OwnPause) else "no-pause"
        mistake = Mistake("agree", sentence(code, negotiate(request)))
        return _pause(request, session, flag_id, signed, now, [mistake])
    return forms.see_other(request, f"{PATH}/pauses/{flag_id}")


@router.post(f"{PATH}/pauses/{{flag_id}}/ended")
def end_flag(
    flag_id: UUID, request: Request, session: SessionDep, signed: Senior, now: Now, sent: FormDep
) -> Response:
    """End a flag now, or refuse a pause."""
    check_form(sent.get("form", ""), signed)
    callers.end_flag(session, flag_id, signed, at=now)
    return forms.see_other(request, f"{PATH}/pauses/{flag_id}")


def _wrong(kind: str, why: str, ends_at: datetime | None, now: datetime) -> dict[str, str]:
    wrong = {}
    if kind not in list(FlagKind):
        wrong["kind"] = "flag-kind"
    if ends_at is None:
        wrong["ends"] = "flag-end"
    elif kind in list(FlagKind) and (code := rules.flag_problem(FlagKind(kind), ends_at, now)):
        wrong["ends"] = code
    if not why:
        wrong["why"] = "flag-why"
    return wrong


def _end_of(day: str) -> datetime | None:
    """Return the end of a day on the wall clock here."""
    try:
        given = date.fromisoformat(day) + timedelta(days=1)
    except (ValueError, OverflowError):
        return None
    return datetime.combine(given, time(), rules.zone_of(DEFAULT.code))


def _page(
    request: Request,
    session: Session,
    call_id: UUID,
    signed: Signed,
    now: datetime,
    *,
    mistakes: list[Mistake] | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    call = queries.call(session, call_id)
    if call is None or call.number_index is None:
        raise NotFound("There is no such call, or nobody knows from which number it came.")
    known, language = queries.history(session, call, now), negotiate(request)
    context = {
        "call": call,
        "history": known,
        "names": queries.names(session, (one.asked_by for one in known.flags)),
        "kinds": showing.flag_kinds(language),
        "typed": typed or {},
        "mistakes": mistakes or [],
    }
    return framed(request, "calls/caller.html", signed, context, status=400 if mistakes else 200)


def _pause(
    request: Request,
    session: Session,
    flag_id: UUID,
    signed: Signed,
    now: datetime,
    mistakes: list[Mistake] | None = None,
) -> Response:
    flag = session.get(Flag, flag_id)
    if flag is None:
        raise NotFound("There is no such flag.")
    context = {
        "flag": flag,
        "names": queries.names(session, [flag.asked_by, flag.agreed_by]),
        "over": flag.ends_at <= now,
        "may_agree": signed.may(Role.SENIOR) and flag.asked_by != signed.id,
        "senior": signed.may(Role.SENIOR),
        "mistakes": mistakes or [],
    }
    return framed(request, "calls/pause.html", signed, context, status=400 if mistakes else 200)
