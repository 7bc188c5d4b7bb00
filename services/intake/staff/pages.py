"""Signing in and out, proving again who one is, and setting up how one signs in.

The templates and their variables (besides those of the frame):

- `staff/sign_in.html`: `mistakes`, `email`, `next`; it includes `staff/other_means.html`
- `staff/step_up.html`: `mistakes`, `next`, `means`, `sample` (a sample person has nothing to prove it by)
- `staff/set_up.html`: `mistakes`, `person`, `token`
- `staff/set_up_code.html`: `mistakes`, `person`, `token`, `picture`, `secret`
- `staff/recovery_codes.html`: `codes`, `next`
- `staff/sample.html`: `person`, `token`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.staff import codes, commands, queries
from services.intake.staff.access import cookie_name, drop_cookie, keep_cookie, staff
from services.intake.staff.commands import CodeWrong, From, LinkOver, NotYou, Proof
from services.intake.staff.framing import check_form, framed, home
from services.intake.staff.passwords import PasswordProblem
from services.intake.staff.rules import Signed, own_path
from services.intake.staff.tables import Person, Role
from shared.errors import Problem, TooMany
from shared.security.access import open_to_all
from shared.web import forms
from shared.web.browsers import browser_of
from shared.web.dependencies import Now, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate
from shared.web.origin import origin
from shared.web.sentences import sentence

router = APIRouter(include_in_schema=False)
SET_UP = "staff-set-up"
SignedIn = Annotated[Signed, Depends(staff())]
Typed = Annotated[str, Form(max_length=2000)]


def place_of(request: Request) -> From:
    """Return where somebody signs in: the origin, which browser, and the session that it still has."""
    before = request.cookies.get(cookie_name(request), "")
    return From(origin(request), browser_of(request.headers.get("user-agent", "")), before)


def welcome(request: Request, person: Person, token: str, wanted: str = "") -> Response:
    """Have the browser keep the session that has just begun, and go on to where somebody wanted to be."""
    answer = forms.see_other(request, own_path(wanted) or home(roles_of(person)))
    keep_cookie(request, answer, token)
    return answer


def roles_of(person: Person) -> frozenset[Role]:
    return frozenset(Role(role) for role in person.roles)


def mistake(request: Request, field: str, code: str, **values: object) -> Mistake:
    return Mistake(field, sentence(code, negotiate(request), values=values))


def minutes(refusal: TooMany) -> int:
    """Return how many minutes to wait, as people are told."""
    return -(-refusal.retry_after // 60)


@router.get("/desk/sign-in", dependencies=[Depends(open_to_all)])
def sign_in_page(request: Request, next: str = "") -> Response:
    return show_sign_in(request, next)


@router.post("/desk/sign-in", dependencies=[Depends(open_to_all)])
def sign_in_form(
    request: Request,
    session: SessionDep,
    now: Now,
    email: Typed = "",
    password: Typed = "",
    code: Typed = "",
    next: Typed = "",
) -> Response:
    """Sign in with all three at once: one answer, from which nobody learns which of them was right."""
    try:
        token, person = commands.sign_in(
            session, Proof(email.strip(), password, code), place_of(request), at=now
        )
    except NotYou as refusal:
        return show_sign_in(request, next, email, refusal, mistake(request, "email", "sign-in-refused"))
    except TooMany as refusal:
        wait = mistake(request, "email", "sign-in-wait", minutes=minutes(refusal))
        return show_sign_in(request, next, email, refusal, wait)
    return welcome(request, person, token, next)


def show_sign_in(
    request: Request,
    wanted: str,
    email: str = "",
    refusal: Problem | None = None,
    wrong: Mistake | None = None,
) -> Response:
    """Return the page to sign in on, and what is wrong if somebody was refused."""
    context = {"mistakes": [wrong] if wrong else [], "email": email[:254], "next": own_path(wanted)}
    return _answered(request, "staff/sign_in.html", None, context, refusal)


def _answered(
    request: Request,
    template: str,
    signed: Signed | None,
    context: Mapping[str, Any],
    refusal: Problem | None,
) -> Response:
    answer = framed(request, template, signed, context, status=refusal.status if refusal else 200)
    if isinstance(refusal, TooMany):
        answer.headers["Retry-After"] = str(refusal.retry_after)
    return answer


@router.post("/desk/sign-out")
def sign_out(request: Request, session: SessionDep, now: Now, signed: SignedIn, form: Typed = "") -> Response:
    check_form(form, signed)
    commands.sign_out(session, signed, at=now)
    answer = forms.see_other(request, "/desk/sign-in")
    drop_cookie(request, answer)
    return answer


@router.get("/desk/step-up")
def step_up_page(request: Request, session: SessionDep, signed: SignedIn, next: str = "") -> Response:
    return show_step_up(request, session, signed, next)


@router.post("/desk/step-up")
def step_up_form(
    request: Request,
    session: SessionDep,
    now: Now,
    signed: SignedIn,
    form: Typed = "",
    proof: Typed = "",
    next: Typed = "",
) -> Response:
    check_form(form, signed)
    try:
        token = commands.step_up(session, signed, proof, origin(request), at=now)
    except NotYou as refusal:
        return show_step_up(request, session, signed, next, refusal, mistake(request, "proof", "not-you"))
    except TooMany as refusal:
        wait = mistake(request, "proof", "sign-in-wait", minutes=minutes(refusal))
        return show_step_up(request, session, signed, next, refusal, wait)
    answer = forms.see_other(request, own_path(next) or home(signed.roles))
    keep_cookie(request, answer, token)
    return answer


def show_step_up(
    request: Request,
    session: Session,
    signed: Signed,
    wanted: str,
    refusal: Problem | None = None,
    wrong: Mistake | None = None,
) -> Response:
    """Return the page to prove again who one is, and what is wrong if that was refused."""
    context = {
        "mistakes": [wrong] if wrong else [],
        "next": own_path(wanted),
        "means": queries.own_means(session, signed.id),
        "sample": queries.one(session, signed.id).sample,
    }
    return _answered(request, "staff/step_up.html", signed, context, refusal)


@router.get("/desk/set-up/{token}", dependencies=[Depends(open_to_all)])
def set_up_page(token: str, request: Request, session: SessionDep) -> Response:
    """Show where the setting up has come to. Whatever opens links in mails changes nothing by it."""
    return show_set_up(request, session, token)


@router.post("/desk/set-up/{token}", dependencies=[Depends(open_to_all)])
def set_up_form(
    token: str,
    request: Request,
    session: SessionDep,
    now: Now,
    form: Typed = "",
    password: Typed = "",
    code: Typed = "",
    step: Typed = "password",
) -> Response:
    """Choose a password, then type the first code of the app; the answer to that shows the recovery codes."""
    forms.check(form, SET_UP, token)
    try:
        if step != "code":
            commands.choose_password(session, token, password)
            return forms.see_other(request, f"/desk/set-up/{token}")
        mine, person, made = commands.confirm(session, token, code, place_of(request), at=now)
    except PasswordProblem as problem:
        return show_set_up(request, session, token, mistake(request, "password", problem.code), again=True)
    except CodeWrong:
        return show_set_up(request, session, token, mistake(request, "code", "code-wrong"))
    except LinkOver as refusal:
        return show_link_over(request, refusal)
    context = {"codes": made, "next": home(roles_of(person))}
    answer = framed(request, "staff/recovery_codes.html", None, context)
    keep_cookie(request, answer, mine)
    return answer


def show_set_up(
    request: Request, session: Session, token: str, wrong: Mistake | None = None, *, again: bool = False
) -> Response:
    """Return the page of a set-up link, and what is wrong if something was not taken."""
    try:
        person = commands.find_link(session, token)
    except LinkOver as refusal:
        return show_link_over(request, refusal)
    app = queries.unconfirmed(session, person.id)
    again = again or app is None or "again" in request.query_params
    context: dict[str, Any] = {
        "mistakes": [wrong] if wrong else [],
        "person": person,
        "token": token,
        "form_token": forms.new_token(SET_UP, token),
    }
    if app and not again:
        context |= {"picture": codes.picture(app.secret, person.email), "secret": codes.in_groups(app.secret)}
    template = "staff/set_up.html" if again else "staff/set_up_code.html"
    return framed(request, template, None, context, status=400 if wrong else 200)


def show_link_over(request: Request, refusal: LinkOver) -> Response:
    """Return the page that says that a link has ended."""
    return framed(request, "staff/link_over.html", None, {}, status=refusal.status)


@router.get("/desk/sample/{token}", dependencies=[Depends(open_to_all)])
def sample_page(token: str, request: Request, session: SessionDep) -> Response:
    """Show one button, by which the link is used up: opening the page alone does nothing."""
    try:
        person = _sample(request, session, token)
    except LinkOver as refusal:
        return show_link_over(request, refusal)
    context = {"person": person, "token": token, "form_token": forms.new_token(SET_UP, token)}
    return framed(request, "staff/sample.html", None, context)


@router.post("/desk/sample/{token}", dependencies=[Depends(open_to_all)])
def sample_form(token: str, request: Request, session: SessionDep, now: Now, form: Typed = "") -> Response:
    forms.check(form, SET_UP, token)
    try:
        _sample(request, session, token)
        mine, person = commands.sign_in_as_sample(session, token, place_of(request), at=now)
    except LinkOver as refusal:
        return show_link_over(request, refusal)
    return welcome(request, person, mine)


def _sample(request: Request, session: Session, token: str) -> Person:
    """Return whose link this is. Raises LinkOver, also wherever real people are."""
    if not request.app.state.runtime.settings.embedded:
        raise LinkOver
    return commands.find_link(session, token, signs_in=True)
