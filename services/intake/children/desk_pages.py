"""Where an adviser reads what a child wrote, and answers it.

`children/desk.html` has: `box_id`, `about` (of Fact), `messages` (of Said), `draft`, `templates`,
`beside` (pages of guidance), `mistakes`,
`done`, `how` (how the draft reads); and `value`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session

from services.intake.children import commands_desk, desk
from services.intake.children.showing import Said, said, text
from services.intake.children.tables import Box
from services.intake.conversations import queries as conversations
from services.intake.conversations.rules import NotFinished
from services.intake.guidance import beside
from services.intake.guidance.reader import shelf_of, words_of_pages
from services.intake.staff.access import staff
from services.intake.staff.framing import check_form, framed
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from shared.desk import words
from shared.desk.actions import Fact
from shared.errors import NotFound
from shared.vocabulary import Audience
from shared.web import forms
from shared.web.dependencies import FormDep, Now, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False)
AtDesk = Annotated[Signed, Depends(staff(Role.ADVISER, Role.SENIOR))]
DONE = ("answered", "kept")


@router.get(desk.PAGE)
def conversation(
    box_id: UUID, request: Request, session: SessionDep, now: Now, signed: AtDesk, done: str = ""
) -> Response:
    """Show what was written, and what this person has not sent yet. That they read it is noted."""
    return _page(request, session, _box(session, box_id), signed, now, done=done)


@router.post(desk.PAGE)
def write(
    box_id: UUID, request: Request, session: SessionDep, now: Now, signed: AtDesk, form: FormDep
) -> Response:
    """Send the answer where a child reads it with ease, keep it for later, or begin it with words we have.

    Those are a kept text, or a page of guidance; to look for one keeps what was typed as well.
    """
    check_form(form.get("form", ""), signed)
    box, typed = _box(session, box_id), form.get("text", "")
    do, _, slug = form.get("do", "").partition(":")
    if do == "insert":
        typed = _begun(session, form.get("template", ""), typed)
    if do == "page":
        typed = _joined(typed, _words(request, box, slug, now))
    # Kept first: whatever becomes of it, the words are there.
    commands_desk.keep_draft(session, box_id, signed.id, typed, at=now)
    if do == "search":
        return _page(request, session, box, signed, now, typed=typed, sought=form.get("q", ""))
    if do != "send":
        return _back(request, box_id, "kept" if do == "keep" else "")
    wrong = _sent(session, box_id, typed, form, signed, now)
    if wrong:
        return _page(request, session, box, signed, now, wrong=wrong, typed=typed)
    return _back(request, box_id, "answered")


@router.post(f"{desk.PAGE}/draft")
def keep_typing(box_id: UUID, session: SessionDep, now: Now, signed: AtDesk, form: FormDep) -> Response:
    """Keep what was typed so far; the page sends it of its own accord."""
    check_form(form.get("form", ""), signed)
    _box(session, box_id)
    commands_desk.keep_draft(session, box_id, signed.id, form.get("text", ""), at=now)
    return JSONResponse({"kept": True})


def _sent(
    session: Session, box_id: UUID, typed: str, form: Mapping[str, str], signed: Signed, now: datetime
) -> str:
    """Send an answer. Returns the code of why not, or nothing."""
    try:
        commands_desk.answer(session, box_id, typed, form.get("form", ""), staff_id=signed.id, at=now)
    except NotFinished as wrong:
        session.rollback()
        return wrong.code
    return ""


def _begun(session: Session, template_id: str, typed: str) -> str:
    """Return what was typed, with a kept text after it."""
    found = (one.text for one in conversations.templates(session) if str(one.template_id) == template_id)
    return _joined(typed, next(found, ""))


def _joined(typed: str, added: str) -> str:
    return "\n\n".join(filter(None, (typed.strip(), added)))


def _words(request: Request, box: Box, slug: str, now: datetime) -> str:
    """Return the words of a page of guidance, or nothing where there is no such page."""
    site = request.app.state.runtime.settings.public_url("intake")
    return beside.words_of(shelf_of(request), slug, [box.language], site, now)


def _beside(
    request: Request, session: Session, box: Box, messages: Sequence[Said], sought: str, now: datetime
) -> beside.Beside:
    """Return the pages that are sought; before that, those for children that its own words lead to."""
    shelf, known, languages = shelf_of(request), words_of_pages(request), [box.language]
    if sought:
        return beside.sought(session, shelf, known, languages, sought, at=now)
    theirs = next((one.text for one in reversed(messages) if one.from_child), "")
    pages = beside.sought(session, shelf, known, languages, theirs, at=now, audience=Audience.CHILD).pages
    return beside.Beside("", pages)


def _box(session: Session, box_id: UUID) -> Box:
    box = session.get(Box, box_id)
    if box is None:
        raise NotFound("There is nothing here any more.")
    return box


def _back(request: Request, box_id: UUID, done: str) -> Response:
    return forms.see_other(request, f"{desk.PAGE.format(box_id=box_id)}{f'?done={done}' if done else ''}")


def _page(
    request: Request,
    session: Session,
    box: Box,
    signed: Signed,
    now: datetime,
    *,
    done: str = "",
    wrong: str = "",
    typed: str | None = None,
    sought: str = "",
) -> Response:
    about, box_id, spoken = _about(box), box.id, box.language
    found = commands_desk.read_by_centre(session, box_id, who=f"staff:{signed.id}", at=now)
    messages = said(found, to_child=False)
    draft = conversations.draft(session, box_id, signed.id)
    context: dict[str, Any] = {
        "box_id": box_id,
        "about": about,
        "messages": messages,
        "draft": typed if typed is not None else draft.text if draft else "",
        "templates": conversations.templates(session, spoken),
        "beside": _beside(request, session, box, messages, sought, now),
        "mistakes": [Mistake("text", text(request, wrong))] if wrong else [],
        "done": done if done in DONE else "",
        "value": partial(words.value, negotiate(request)),
    }
    return framed(request, "children/desk.html", signed, context, status=400 if wrong else 200)


def _about(box: Box) -> list[Fact]:
    facts = [
        Fact("child-age", str(box.age)),
        Fact("child-country", box.country),
        Fact("language", box.language),
    ]
    # Who has not typed the words yet may never read an answer.
    return facts if box.kept_at else [*facts, Fact("child-words", "not-typed")]
