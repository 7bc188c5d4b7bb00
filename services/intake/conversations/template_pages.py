"""The texts that answers start from, for who keeps them.

`conversations/templates.html` has: `texts` (of ReplyTemplate, newest versions);
`conversations/template.html` has: `filled`, `mistakes`, `template_id` (none for a new one), `spoken`,
and `versions` (of ReplyTemplate).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.conversations import commands_templates, queries, rules
from services.intake.conversations.rules import NotFinished
from services.intake.conversations.tables import ReplyTemplate
from services.intake.staff.access import staff
from services.intake.staff.framing import check_form, framed
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from shared.errors import NotFound
from shared.languages import FOR_FAMILIES, language_in
from shared.web import forms, pages
from shared.web.dependencies import FormDep, Now, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False)
Editing = Annotated[Signed, Depends(staff(Role.EDITOR))]
LIST = "/desk/reply-templates"


@dataclass(frozen=True)
class Filled:
    """What the form holds."""

    name: str = ""
    language: str = "nl"
    text: str = ""


@router.get(LIST)
def texts(request: Request, session: SessionDep, signed: Editing) -> Response:
    return framed(request, "conversations/templates.html", signed, {"texts": queries.templates(session)})


@router.get(f"{LIST}/new")
def a_new_one(request: Request, session: SessionDep, signed: Editing) -> Response:
    return _form(request, session, signed, None, Filled())


@router.post(f"{LIST}/new")
def add(request: Request, session: SessionDep, now: Now, signed: Editing, form: FormDep) -> Response:
    """Keep a new text that answers can start from."""
    check_form(form.get("form", ""), signed)
    filled, mistakes = _read(request, form)
    if mistakes:
        return _form(request, session, signed, None, filled, mistakes)
    commands_templates.keep(session, None, filled.name, filled.language, filled.text, by=signed.id, at=now)
    return forms.see_other(request, LIST)


@router.get(f"{LIST}/{{template_id}}")
def one(template_id: UUID, request: Request, session: SessionDep, signed: Editing) -> Response:
    newest = _newest(session, template_id)
    return _form(request, session, signed, template_id, Filled(newest.name, newest.language, newest.text))


@router.post(f"{LIST}/{{template_id}}")
def change(
    template_id: UUID, request: Request, session: SessionDep, now: Now, signed: Editing, form: FormDep
) -> Response:
    """Keep a new version of a text, or retire it: no new answer starts from it then."""
    check_form(form.get("form", ""), signed)
    _newest(session, template_id)
    if form.get("do") == "retire":
        commands_templates.retire(session, template_id, by=signed.id, at=now)
        return forms.see_other(request, LIST)
    filled, mistakes = _read(request, form)
    if mistakes:
        return _form(request, session, signed, template_id, filled, mistakes)
    commands_templates.keep(
        session, template_id, filled.name, filled.language, filled.text, by=signed.id, at=now
    )
    return forms.see_other(request, LIST)


def _newest(session: Session, template_id: UUID) -> ReplyTemplate:
    found = queries.versions(session, template_id)
    if not found or found[0].retired_at is not None:
        raise NotFound("There is no such text.")
    return found[0]


def _read(request: Request, form: Mapping[str, str]) -> tuple[Filled, list[Mistake]]:
    filled = Filled(form.get("name", "").strip()[:100], form.get("language", ""), form.get("text", ""))
    wrong = {}
    if not filled.name:
        wrong["name"] = "name-missing"
    if filled.language not in FOR_FAMILIES:
        wrong["language"] = "language-missing"
    try:
        rules.tidied(filled.text)
        if rules.unknown_placeholders(filled.text):
            wrong["text"] = "placeholder-unknown"
    except NotFinished as refusal:
        wrong["text"] = refusal.code
    words = pages.texts()
    language = negotiate(request)
    return filled, [
        Mistake(field, words.text(language, f"conversation.{code}")) for field, code in wrong.items()
    ]


def _form(
    request: Request,
    session: Session,
    signed: Signed,
    template_id: UUID | None,
    filled: Filled,
    mistakes: Sequence[Mistake] = (),
) -> Response:
    language = negotiate(request)
    context = {
        "template_id": template_id,
        "filled": filled,
        "mistakes": mistakes,
        "spoken": [(code, language_in(code, language), "") for code in FOR_FAMILIES],
        "versions": queries.versions(session, template_id) if template_id else [],
    }
    return framed(request, "conversations/template.html", signed, context, status=400 if mistakes else 200)
