"""Managing people: for operators, who see nothing of what others work with.

The templates and their variables (besides those of the frame):

- `staff/people.html`: `mistakes`, `problem`, `people` (of Colleague), `roles` (all there are), `said`
- `staff/person.html`: `mistakes`, `problem`, `person` (of Colleague), `roles`, `typed` (a number that was not
  taken)
- `staff/link.html`: `person`, `address` (of the set-up link, or nothing where they sign in already)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.staff import commands, queries
from services.intake.staff.access import staff
from services.intake.staff.commands.people import LAST_OPERATOR, NO_ROLE
from services.intake.staff.framing import check_form, framed
from services.intake.staff.pages import Typed, mistake
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Person, Role
from shared.contact.problems import ContactProblem, NameProblem
from shared.errors import RuleBroken
from shared.web import forms, pages
from shared.web.dependencies import Now, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False)
PEOPLE = "/desk/people"
Operator = Annotated[Signed, Depends(staff(Role.OPERATOR))]
SureOperator = Annotated[Signed, Depends(staff(Role.OPERATOR, stepped_up=True, back=PEOPLE))]
Roles = Annotated[list[Role], Form()]


@router.get("/desk/people")
def people(request: Request, session: SessionDep, signed: Operator) -> Response:
    return _people(request, session, signed)


def _people(
    request: Request,
    session: Session,
    signed: Signed,
    wrong: Sequence[Mistake] = (),
    said: dict[str, Any] | None = None,
) -> Response:
    context = {
        "mistakes": list(wrong),
        "people": queries.everybody(session),
        "roles": list(Role),
        "said": said or {"name": "", "email": "", "roles": []},
    }
    return framed(request, "staff/people.html", signed, context, status=400 if wrong else 200)


@router.post("/desk/people")
def take_in(
    request: Request,
    session: SessionDep,
    now: Now,
    signed: SureOperator,
    form: Typed = "",
    name: Typed = "",
    email: Typed = "",
    roles: Roles = [],  # noqa: B006
) -> Response:
    """Take somebody in, and show their set-up link once."""
    check_form(form, signed)
    said = {"name": name, "email": email, "roles": roles}
    try:
        person, token = commands.take_in(session, name, email, roles, at=now, by=_by(signed))
    except ContactProblem as problem:
        session.rollback()
        field = "name" if isinstance(problem, NameProblem) else "email"
        return _people(request, session, signed, [mistake(request, field, problem.code)], said)
    except RuleBroken as refusal:
        session.rollback()
        return _people(request, session, signed, [Mistake("roles", _in_words(request, refusal))], said)
    return _link(request, signed, person, token)


@router.get("/desk/people/{person_id}")
def person(person_id: UUID, request: Request, session: SessionDep, signed: Operator) -> Response:
    return _person(request, session, signed, person_id)


@router.post("/desk/people/{person_id}/roles")
def change_roles(
    person_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: SureOperator,
    form: Typed = "",
    roles: Roles = [],  # noqa: B006
) -> Response:
    check_form(form, signed)
    return _done(
        request,
        session,
        signed,
        person_id,
        lambda: commands.change_roles(session, person_id, roles, at=now, by=_by(signed)),
    )


@router.post("/desk/people/{person_id}/telephone")
def set_telephone(
    person_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: SureOperator,
    form: Typed = "",
    telephone: Typed = "",
) -> Response:
    """Note where a text reaches somebody who has duty, or that a mail is to do."""
    check_form(form, signed)
    try:
        commands.set_telephone(session, person_id, telephone, at=now, by=_by(signed))
    except ContactProblem as problem:
        session.rollback()
        wrong = mistake(request, "telephone", problem.code)
        return _person(request, session, signed, person_id, wrong=wrong, typed=telephone)
    except RuleBroken as refusal:
        session.rollback()
        return _person(request, session, signed, person_id, _in_words(request, refusal))
    return forms.see_other(request, f"{PEOPLE}/{person_id}")


@router.post("/desk/people/{person_id}/disable")
def disable(
    person_id: UUID, request: Request, session: SessionDep, now: Now, signed: SureOperator, form: Typed = ""
) -> Response:
    check_form(form, signed)
    return _done(
        request,
        session,
        signed,
        person_id,
        lambda: commands.disable(session, person_id, at=now, by=_by(signed)),
    )


@router.post("/desk/people/{person_id}/enable")
def enable(
    person_id: UUID, request: Request, session: SessionDep, now: Now, signed: SureOperator, form: Typed = ""
) -> Response:
    check_form(form, signed)
    return _done(
        request,
        session,
        signed,
        person_id,
        lambda: commands.enable(session, person_id, at=now, by=_by(signed)),
    )


@router.post("/desk/people/{person_id}/reset")
def reset(
    person_id: UUID, request: Request, session: SessionDep, now: Now, signed: SureOperator, form: Typed = ""
) -> Response:
    """Take away what somebody signs in with, and show a new set-up link once."""
    check_form(form, signed)
    try:
        token = commands.reset(session, person_id, at=now, by=_by(signed))
    except RuleBroken as refusal:
        session.rollback()
        return _person(request, session, signed, person_id, _in_words(request, refusal))
    return _link(request, signed, queries.one(session, person_id), token)


def _done(
    request: Request, session: Session, signed: Signed, person_id: UUID, act: Callable[[], object]
) -> Response:
    """Do it and go back to the person's page, which says why where a rule refuses."""
    try:
        act()
    except RuleBroken as refusal:
        session.rollback()
        return _person(request, session, signed, person_id, _in_words(request, refusal))
    return forms.see_other(request, f"{PEOPLE}/{person_id}")


def _person(
    request: Request,
    session: Session,
    signed: Signed,
    person_id: UUID,
    problem: str = "",
    *,
    wrong: Mistake | None = None,
    typed: str = "",
) -> Response:
    context = {
        "mistakes": [wrong] if wrong else [],
        "person": queries.colleague(session, person_id),
        "problem": problem,
        "roles": list(Role),
        "typed": typed,
    }
    status = 409 if problem else 400 if wrong else 200
    return framed(request, "staff/person.html", signed, context, status=status)


def _link(request: Request, signed: Signed, person: Person, token: str | None) -> Response:
    site = request.app.state.runtime.settings.public_url("intake")
    address = f"{site}/desk/set-up/{token}" if token else ""
    return framed(request, "staff/link.html", signed, {"person": person, "address": address})


def _by(signed: Signed) -> str:
    return f"staff:{signed.id}"


def _in_words(request: Request, refusal: RuleBroken) -> str:
    key = {LAST_OPERATOR: "last-operator", NO_ROLE: "no-role"}.get(str(refusal), "disabled-first")
    return pages.texts().text(negotiate(request), f"staff.{key}")
