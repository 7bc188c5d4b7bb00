"""Passkeys on the pages: to sign in, to prove again who one is, to set up, and among one's own means.

Each has two routes: `.../options`, from which `passkeys.js` gets what the browser is asked, and the one to
which it sends the browser's answer, as a form. Where no passkeys can be had, there are none of them.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, Response

from services.intake.staff import commands
from services.intake.staff.access import keep_cookie
from services.intake.staff.browser_challenges import hand, handed
from services.intake.staff.challenges import Purpose
from services.intake.staff.commands import LastMeans, LinkOver, NotYou
from services.intake.staff.framing import OWN, check_form, home
from services.intake.staff.own_pages import Sure, show_me
from services.intake.staff.pages import (
    SET_UP,
    SignedIn,
    Typed,
    mistake,
    place_of,
    show_link_over,
    show_set_up,
    show_sign_in,
    show_step_up,
    welcome,
)
from services.intake.staff.passkeys import NotAPasskey, Site
from services.intake.staff.rules import own_path
from shared.contact.problems import NameProblem
from shared.errors import NotFound
from shared.security.access import open_to_all
from shared.web import forms
from shared.web.browsers import browser_of
from shared.web.dependencies import Now, SessionDep
from shared.web.origin import origin

router = APIRouter(include_in_schema=False)
Sent = Annotated[str, Form(max_length=20_000)]


def _site(request: Request) -> Site:
    site = Site.of(request.app.state.runtime.settings.public_url("intake"))
    if site is None:
        raise NotFound("There are no passkeys at this address.")
    return site


def _asked(request: Request, token: str, asked: dict[str, Any]) -> Response:
    answer = JSONResponse(asked)
    hand(request, answer, token)
    return answer


def _called(request: Request, name: str) -> str:
    """Return what a passkey is called: as was typed, else after the browser in which it was made."""
    return name.strip() or browser_of(request.headers.get("user-agent", "")) or "Passkey"


@router.post("/desk/passkey/options", dependencies=[Depends(open_to_all)])
def sign_in_options(request: Request, session: SessionDep) -> Response:
    token, asked = commands.challenge(session, _site(request), Purpose.SIGN_IN, origin=origin(request))
    return _asked(request, token, asked)


@router.post("/desk/passkey", dependencies=[Depends(open_to_all)])
def sign_in(
    request: Request, session: SessionDep, now: Now, credential: Sent = "", next: Typed = ""
) -> Response:
    """Sign in without a name: the passkey says whose it is."""
    try:
        token, person = commands.sign_in_by_passkey(
            session, _site(request), handed(request), credential, place_of(request), at=now
        )
    except NotYou as refusal:
        return show_sign_in(request, next, "", refusal, mistake(request, "passkey", "passkey-refused"))
    return welcome(request, person, token, next)


@router.post("/desk/step-up/passkey/options")
def step_up_options(request: Request, session: SessionDep, signed: SignedIn, form: Typed = "") -> Response:
    check_form(form, signed)
    token, asked = commands.challenge(session, _site(request), Purpose.STEP_UP, person_id=signed.id)
    return _asked(request, token, asked)


@router.post("/desk/step-up/passkey")
def step_up(
    request: Request,
    session: SessionDep,
    now: Now,
    signed: SignedIn,
    form: Typed = "",
    credential: Sent = "",
    next: Typed = "",
) -> Response:
    check_form(form, signed)
    try:
        token = commands.step_up_by_passkey(
            session, _site(request), signed, handed(request), credential, at=now
        )
    except NotYou as refusal:
        wrong = mistake(request, "passkey", "passkey-refused")
        return show_step_up(request, session, signed, next, refusal, wrong)
    answer = forms.see_other(request, own_path(next) or home(signed.roles))
    keep_cookie(request, answer, token)
    return answer


@router.post("/desk/me/passkeys/options")
def add_options(request: Request, session: SessionDep, signed: Sure, form: Typed = "") -> Response:
    check_form(form, signed)
    token, asked = commands.challenge(session, _site(request), Purpose.ADD, person_id=signed.id)
    return _asked(request, token, asked)


@router.post("/desk/me/passkeys")
def add(
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Sure,
    form: Typed = "",
    credential: Sent = "",
    name: Typed = "",
) -> Response:
    check_form(form, signed)
    try:
        commands.add_passkey(
            session, _site(request), signed, handed(request), credential, _called(request, name), at=now
        )
    except NotAPasskey:
        return show_me(request, session, signed, mistake(request, "passkey", "passkey-not-made"))
    except NameProblem:
        return show_me(request, session, signed, mistake(request, "passkey", "passkey-name"))
    return forms.see_other(request, OWN)


@router.post("/desk/me/passkeys/{passkey_id}/name")
def rename(
    passkey_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: SignedIn,
    form: Typed = "",
    name: Typed = "",
) -> Response:
    check_form(form, signed)
    try:
        commands.rename_passkey(session, signed, passkey_id, name, at=now)
    except NameProblem:
        return show_me(request, session, signed, mistake(request, f"name-{passkey_id}", "passkey-name"))
    return forms.see_other(request, OWN)


@router.post("/desk/me/passkeys/{passkey_id}/remove")
def remove(
    passkey_id: UUID, request: Request, session: SessionDep, now: Now, signed: Sure, form: Typed = ""
) -> Response:
    check_form(form, signed)
    try:
        commands.remove_passkey(session, signed, passkey_id, at=now)
    except LastMeans:
        return show_me(request, session, signed, mistake(request, f"name-{passkey_id}", "passkey-last"))
    return forms.see_other(request, OWN)


@router.post("/desk/set-up/{token}/passkey/options", dependencies=[Depends(open_to_all)])
def set_up_options(token: str, request: Request, session: SessionDep, form: Typed = "") -> Response:
    forms.check(form, SET_UP, token)
    try:
        person = commands.find_link(session, token)
    except LinkOver as refusal:
        return show_link_over(request, refusal)
    mine, asked = commands.challenge(session, _site(request), Purpose.ADD, person_id=person.id)
    return _asked(request, mine, asked)


@router.post("/desk/set-up/{token}/passkey", dependencies=[Depends(open_to_all)])
def set_up(
    token: str, request: Request, session: SessionDep, now: Now, form: Typed = "", credential: Sent = ""
) -> Response:
    """Set up a passkey in place of password and code; whoever has it is in at once."""
    forms.check(form, SET_UP, token)
    called = _called(request, "")
    try:
        mine, person = commands.set_up_by_passkey(
            session, _site(request), token, handed(request), credential, called, place_of(request), at=now
        )
    except NotAPasskey:
        wrong = mistake(request, "passkey", "passkey-not-made")
        return show_set_up(request, session, token, wrong, again=True)
    except LinkOver as refusal:
        return show_link_over(request, refusal)
    return welcome(request, person, mine)
