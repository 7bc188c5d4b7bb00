"""The organisation's own account on the pages: to sign in, and to prove again who one is.

The browser is sent away by a page and not by a redirect: a form may lead to our own site alone, and a
provider may send it on to others. It comes back at `/desk/oidc/callback`, whatever it was sent for.

`staff/to_account.html` gets `address`.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.settings import IntakeSettings
from services.intake.staff import commands
from services.intake.staff.access import cookie_name, keep_cookie
from services.intake.staff.browser_challenges import hand, handed
from services.intake.staff.challenges import Given, Purpose
from services.intake.staff.commands import NotYou
from services.intake.staff.framing import check_form, framed, home
from services.intake.staff.oidc import Back, Provider, ProviderAway, provider
from services.intake.staff.pages import (
    SignedIn,
    Typed,
    mistake,
    place_of,
    show_sign_in,
    show_step_up,
    welcome,
)
from services.intake.staff.rules import Signed, own_path
from shared.errors import NotFound, Problem
from shared.security.access import open_to_all
from shared.web import forms
from shared.web.dependencies import Now, SessionDep
from shared.web.origin import origin

router = APIRouter(include_in_schema=False)
CALLBACK = "/desk/oidc/callback"


class AccountAway(Problem):
    """The organisation's own sign-in does not answer."""

    def __init__(self) -> None:
        super().__init__(503, "account-away", "Not there", "Your organisation's sign-in does not answer.")


def _provider(request: Request) -> Provider:
    settings: IntakeSettings = request.app.state.runtime.settings
    secret = settings.oidc_client_secret
    if not settings.oidc_is_complete or secret is None:
        raise NotFound("No organisation's accounts are set up here.")
    back_at = settings.public_url("intake") + CALLBACK
    return provider(settings.oidc_issuer, settings.oidc_client_id, secret.get_secret_value(), back_at)


def _sent_away(request: Request, signed: Signed | None, token: str, address: str) -> Response:
    answer = framed(request, "staff/to_account.html", signed, {"address": address})
    answer.headers["Refresh"] = f"0; url={address}"
    hand(request, answer, token)
    return answer


@router.post("/desk/oidc", dependencies=[Depends(open_to_all)])
def sign_in(request: Request, session: SessionDep, next: Typed = "") -> Response:
    try:
        token, address = commands.go_to_account(
            session, _provider(request), wanted=own_path(next), origin=origin(request)
        )
    except ProviderAway:
        return show_sign_in(request, next, "", AccountAway(), mistake(request, "account", "account-away"))
    return _sent_away(request, None, token, address)


@router.post("/desk/step-up/oidc")
def step_up(
    request: Request, session: SessionDep, signed: SignedIn, form: Typed = "", next: Typed = ""
) -> Response:
    check_form(form, signed)
    try:
        token, address = commands.go_to_account(
            session, _provider(request), wanted=own_path(next), signed=signed
        )
    except ProviderAway:
        wrong = mistake(request, "account", "account-away")
        return show_step_up(request, session, signed, next, AccountAway(), wrong)
    return _sent_away(request, signed, token, address)


@router.get(CALLBACK, dependencies=[Depends(open_to_all)])
def callback(
    request: Request,
    session: SessionDep,
    now: Now,
    code: str = "",
    state: str = "",
    iss: str = "",
    error: str = "",
) -> Response:
    """Take what the provider sent the browser back with, in the browser that was sent there, once."""
    provider, back = _provider(request), Back(code, state, iss, error)
    given = commands.come_back(session, handed(request))
    if given and given.purpose is Purpose.ACCOUNT_AGAIN:
        return _proven_again(request, session, provider, given, back, now)
    wanted = given.wanted if given else ""
    try:
        token, person = commands.sign_in_by_account(session, provider, given, back, place_of(request), at=now)
    except NotYou as refusal:
        return show_sign_in(request, wanted, "", refusal, mistake(request, "account", "account-refused"))
    except ProviderAway:
        return show_sign_in(request, wanted, "", AccountAway(), mistake(request, "account", "account-away"))
    return welcome(request, person, token, wanted)


def _proven_again(
    request: Request, session: Session, provider: Provider, given: Given, back: Back, now: Now
) -> Response:
    signed = commands.signed_in(session, request.cookies.get(cookie_name(request), ""))
    if signed is None:
        return show_sign_in(request, given.wanted)
    try:
        token = commands.step_up_by_account(session, provider, signed, given, back, at=now)
    except NotYou as refusal:
        wrong = mistake(request, "account", "account-not-again")
        return show_step_up(request, session, signed, given.wanted, refusal, wrong)
    except ProviderAway:
        wrong = mistake(request, "account", "account-away")
        return show_step_up(request, session, signed, given.wanted, AccountAway(), wrong)
    answer = forms.see_other(request, given.wanted or home(signed.roles))
    keep_cookie(request, answer, token)
    return answer
