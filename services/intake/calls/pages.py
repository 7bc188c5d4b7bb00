"""The page of a call and the list of calls. No page has a number, a name or words in its address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session

from services.intake.calls import form, queries, rules, showing
from services.intake.calls.commands import records, sending
from services.intake.calls.form import CallForm
from services.intake.calls.showing import Found
from services.intake.calls.tables import Call, CallState, NoTalk, Way
from services.intake.guidance.articles import Article
from services.intake.guidance.finding import Wanted
from services.intake.guidance.finding import found as seek
from services.intake.guidance.reader import shelf_of, words_of_pages
from services.intake.hours.queries import on_shift
from services.intake.staff.access import StepUpFirst, staff
from services.intake.staff.framing import check_form, framed
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from shared.countries import DEFAULT
from shared.errors import NotFound
from shared.peers import PeerUnavailable
from shared.runtime import Runtime
from shared.web import forms
from shared.web.dependencies import FormDep, Now, RuntimeDep, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False)
Adviser = Annotated[Signed, Depends(staff(Role.ADVISER, Role.SENIOR))]
ByItself = Annotated[Signed, Depends(staff(Role.ADVISER, Role.SENIOR, by_itself=True))]
Filled = Annotated[CallForm, Form()]
PATH = "/desk/calls"
# So many pages of guidance stand below the services.
MOST_PAGES = 3
REASONS = ("to-call", "safeguarding", "to-erase", "other")


@router.get(PATH)
def calls_page(request: Request, session: SessionDep, signed: Adviser, now: Now) -> Response:
    """Show what rings, what is not finished yet, and the calls of today."""
    zone = rules.zone_of(DEFAULT.code)
    today = datetime.combine(now.astimezone(zone).date(), time(), zone)
    ringing = queries.ringing(session, now - rules.LONGEST_RING)
    unfinished, over = queries.unfinished(session, now), queries.since(session, today)
    context = {
        "ringing": [showing.row(one) for one in ringing],
        "unfinished": [showing.row(one) for one in unfinished],
        "over": [showing.row(one) for one in over],
        "names": queries.names(session, (one.adviser for one in (*ringing, *unfinished, *over))),
        "overdue": queries.count_overdue(session, now),
        "pauses": queries.pauses_to_agree(session, now),
        "on_shift": on_shift(session, now),
    }
    return framed(request, "calls/calls.html", signed, context)


@router.get(f"{PATH}/ringing")
def ringing_now(session: SessionDep, signed: ByItself, now: Now) -> Response:
    """Return which calls ring, for the page that is open: ids alone."""
    ringing = queries.ringing(session, now - rules.LONGEST_RING)
    return JSONResponse({"ringing": [str(one.id) for one in ringing]}, headers={"Cache-Control": "no-store"})


@router.post(PATH)
def new_call(request: Request, session: SessionDep, signed: Adviser, now: Now, sent: FormDep) -> Response:
    """Begin to write down a call, or what came by post or in person."""
    check_form(sent.get("form", ""), signed)
    way = sent.get("way", Way.TELEPHONE)
    call = records.begin(session, Way(way) if way in list(Way) else Way.TELEPHONE, signed, at=now)
    return forms.see_other(request, f"{PATH}/{call.id}")


@router.post(f"{PATH}/{{call_id}}/taken")
def take_call(
    call_id: UUID, request: Request, session: SessionDep, signed: Adviser, now: Now, sent: FormDep
) -> Response:
    """Take a call that rings, or one that a colleague has."""
    check_form(sent.get("form", ""), signed)
    try:
        records.take(session, call_id, signed, over=sent.get("over") == "yes", at=now)
    except (rules.Finalised, rules.SomebodyElseHasIt):
        session.rollback()  # the page says who has it
    return forms.see_other(request, f"{PATH}/{call_id}")


@router.get(f"{PATH}/{{call_id}}")
def call_page(
    call_id: UUID,
    request: Request,
    runtime: RuntimeDep,
    session: SessionDep,
    signed: Adviser,
    now: Now,
    look: Annotated[str, Query(max_length=1)] = "",
    sure: Annotated[str, Query(max_length=20)] = "",
    said: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    found = _search(request, runtime, call_id, signed, now) if look else None
    call = _call(session, call_id)
    return _page(request, session, call, signed, now, found=found, sure=sure, said=said)


@router.post(f"{PATH}/{{call_id}}/draft")
def keep_draft(call_id: UUID, session: SessionDep, signed: Adviser, now: Now, filled: Filled) -> Response:
    """Keep what was typed so far, as the page does by itself; answers which version that is now."""
    check_form(filled.form, signed)
    no_store = {"Cache-Control": "no-store"}
    try:
        version = records.keep(session, call_id, filled, signed, at=now)
    except records.ChangedElsewhere as refusal:
        return JSONResponse({"changed": refusal.version}, 409, no_store)
    except (rules.Finalised, rules.SomebodyElseHasIt, rules.NotTaken):
        return JSONResponse({"over": True}, 409, no_store)
    return JSONResponse({"version": version}, headers=no_store)


@router.post(f"{PATH}/{{call_id}}")
def change_call(
    call_id: UUID,
    request: Request,
    runtime: RuntimeDep,
    session: SessionDep,
    signed: Adviser,
    now: Now,
    filled: Filled,
) -> Response:
    """Keep what was typed, then do what the button says; without a button, seek what is new to be sought."""
    check_form(filled.form, signed)
    do, _, which = filled.do.partition(":")
    try:
        if do == "mine":
            filled = _over_the_other(session, call_id, filled)
        sought = _sought(session, call_id)
        if do == "finalise":
            return _finalise(request, session, call_id, signed, now, filled)
        records.keep(session, call_id, filled, signed, at=now)
        where = _do(runtime, session, call_id, signed, now, filled, do, which, sought)
    except records.ChangedElsewhere:
        session.rollback()
        return _page(request, session, _call(session, call_id), signed, now, changed=filled)
    except (rules.Finalised, rules.SomebodyElseHasIt, rules.NotTaken):
        session.rollback()
        return _page(request, session, _call(session, call_id), signed, now, refused=filled)
    except sending.CannotSend as wrong:
        session.rollback()
        mistakes = [wrong.mistake(negotiate(request))]
        return _page(request, session, _call(session, call_id), signed, now, mistakes=mistakes)
    return forms.see_other(request, f"{PATH}/{call_id}{where}")


def _do(
    runtime: Runtime,
    session: Session,
    call_id: UUID,
    signed: Signed,
    now: datetime,
    filled: CallForm,
    do: str,
    which: str,
    sought: str,
) -> str:
    """Do what the button says, and return what follows in the address of the page."""
    if do == "name":
        named = _name(runtime, session, call_id, signed, filled, which)
        return "#services" if named else "?look=1#directory"
    if do == "unname":
        records.unname_service(session, call_id, which, signed)
        return "#services"
    if do == "send":
        sending.send(session, call_id, filled, which, signed, at=now)
        return "?said=sent#services"
    if do == "question":
        return "/question"
    if do == "no-talk" and which in list(NoTalk):
        return (
            f"?{urlencode({'sure': which})}"  # no fragment: the browser would go there and not to the button
        )
    if do == "no-talk-yes" and which in list(NoTalk):
        records.close_no_talk(session, call_id, NoTalk(which), signed, at=now)
        return ""
    return "?look=1#directory" if do == "search" or (filled.q and filled.q != sought) else "?said=kept"


def _finalise(
    request: Request, session: Session, call_id: UUID, signed: Signed, now: datetime, filled: CallForm
) -> Response:
    """Finalise the call, or show what has to be corrected; what was typed is kept either way."""
    call = _call(session, call_id)
    mistakes = form.mistakes(filled, call, now, negotiate(request))
    if mistakes:
        records.keep(session, call_id, filled, signed, at=now)
        return _page(request, session, _call(session, call_id), signed, now, mistakes=mistakes)
    records.finalise(session, call_id, filled, signed, at=now)
    return forms.see_other(request, f"{PATH}/{call_id}")


@router.post(f"{PATH}/{{call_id}}/notes")
def add_note(
    call_id: UUID, request: Request, session: SessionDep, signed: Adviser, now: Now, sent: FormDep
) -> Response:
    check_form(sent.get("form", ""), signed)
    words = sent.get("note", "").strip()[: form.LONGEST]
    if words:
        records.add_note(session, call_id, words, signed, at=now)
    return forms.see_other(request, f"{PATH}/{call_id}")


@router.post(f"{PATH}/{{call_id}}/revealed")
def reveal(
    call_id: UUID, request: Request, session: SessionDep, signed: Adviser, now: Now, sent: FormDep
) -> Response:
    """Show the number of a call, or what was written down of it, to whoever says why. It is noted first."""
    check_form(sent.get("form", ""), signed)
    call = _call(session, call_id)
    what, why = ("words" if sent.get("what") == "words" else "phone"), sent.get("why", "")
    if what == "phone" and not signed.is_stepped_up:
        raise StepUpFirst(f"{PATH}/{call_id}")
    records.revealed(session, what, f"call:{call.id}", why if why in REASONS else "other", signed, at=now)
    return _page(request, session, _call(session, call_id), signed, now, revealed=what)


def _page(
    request: Request,
    session: Session,
    call: Call,
    signed: Signed,
    now: datetime,
    *,
    found: Found | None = None,
    sure: str = "",
    said: str = "",
    mistakes: list[Mistake] | None = None,
    changed: CallForm | None = None,
    refused: CallForm | None = None,
    revealed: str = "",
) -> Response:
    """Show the call to whoever has it; to others, that somebody has it, or what came of it."""
    language = negotiate(request)
    mine = call.adviser == signed.id and call.state is CallState.ANSWERED
    context = {
        **showing.about(session, call, now),
        "mistakes": mistakes or [],
        "reasons_named": showing.reasons(REASONS, language),
        "revealed": revealed,
        "refused": refused,
        "said": said,
    }
    if not mine:
        return framed(request, "calls/over.html", signed, context, status=409 if refused else 200)
    context |= {
        **showing.to_fill_in(session, call, changed, now, language),
        "found": found,
        "sure": sure if sure in list(NoTalk) else "",
        "changed": changed is not None,
    }
    status = 409 if changed else 400 if mistakes else 200
    return framed(request, "calls/call.html", signed, context, status=status)


def _over_the_other(session: Session, call_id: UUID, filled: CallForm) -> CallForm:
    """Return the form as one that replaces what another tab typed: somebody saw both, and chose."""
    return filled.model_copy(update={"version": str(_call(session, call_id).draft_version)})


def _sought(session: Session, call_id: UUID) -> str:
    """Return what was last sought for this call."""
    return form.of_draft(_call(session, call_id)).q


def _search(request: Request, runtime: Runtime, call_id: UUID, signed: Signed, now: datetime) -> Found:
    """Look in the directory, the help lines and the guidance for what was last sought.

    No transaction waits for that.
    """
    with runtime.sessions() as session:
        call = queries.call(session, call_id)
        filled = form.of_draft(call) if call and call.adviser == signed.id else CallForm()
    try:
        services, away = runtime.peers.search(filled.q) if filled.q else [], False
    except PeerUnavailable:
        services, away = [], True
    # Help in the caller's own country comes first.
    services = sorted(services, key=lambda one: one.country not in ("", filled.home()))
    wanted = Wanted(negotiate(request), typed=filled.q)
    with runtime.sessions() as session:
        pages = _guidance(request, session, wanted, now) if wanted.seeks else ()
    return Found(filled.q, services, away, showing.help_lines(filled), pages)


def _guidance(request: Request, session: Session, wanted: Wanted, now: datetime) -> Sequence[Article]:
    return seek(session, shelf_of(request), words_of_pages(request), wanted, at=now).pages[:MOST_PAGES]


def _name(
    runtime: Runtime, session: Session, call_id: UUID, signed: Signed, filled: CallForm, service_id: str
) -> bool:
    """Note the service by the name that the directory gives it now, and return whether it has it."""
    try:
        services = runtime.peers.search(filled.q) if filled.q else []
    except PeerUnavailable:
        return False
    for one in services:
        if str(one.id) == service_id:
            name = one.organisation if one.organisation == one.name else f"{one.organisation}: {one.name}"
            records.name_service(session, call_id, service_id, name, one.phone or "", signed)
            return True
    return False


def _call(session: Session, call_id: UUID) -> Call:
    call = queries.call(session, call_id)
    if call is None:
        raise NotFound("There is no such call.")
    return call
