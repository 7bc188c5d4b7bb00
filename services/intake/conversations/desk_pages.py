"""Where an adviser reads a conversation and answers in it.

`conversations/desk.html` has: `reference`, `about` (of Fact), `question`, `asked_at`, `messages` (of Said),
`draft`, `templates`, `beside` (pages of guidance), `is_open`, `is_closed`, `may_send` (own words),
`may_say_yes`, `notice`, `mistakes`, `done` (what was done just now); and `value`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session

from services.intake.conversations import commands, queries, rules
from services.intake.conversations.commands import Words
from services.intake.conversations.commands_sending import way
from services.intake.conversations.showing import said
from services.intake.guidance import beside
from services.intake.guidance.reader import shelf_of, words_of_pages
from services.intake.hours.queries import parts
from services.intake.hours.telling import week_in_words
from services.intake.requests import queries as requests
from services.intake.requests import rules as request_rules
from services.intake.requests.references import tidy_reference
from services.intake.requests.tables import AdviceRequest, State
from services.intake.staff.access import staff
from services.intake.staff.framing import check_form, framed
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from shared.desk import words
from shared.desk.actions import Fact
from shared.errors import NotFound
from shared.events.details import ReferralDetail
from shared.peers import PeerUnavailable
from shared.runtime import Runtime
from shared.vocabulary import Share
from shared.web import forms, pages
from shared.web.dependencies import FormDep, Now, RuntimeDep, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False)
AtDesk = Annotated[Signed, Depends(staff(Role.ADVISER, Role.SENIOR))]
PAGE = "/desk/requests/{reference}/conversation"
DONE = ("answered", "kept", "shared")
# What is wrong with no field of the answer.
NOTICES = ("withdrawn-meanwhile", "over", "yes-missing")


def path_of(reference: str) -> str:
    """Return the address of the conversation about the advice request with this reference."""
    return PAGE.format(reference=reference)


@router.get(PAGE)
def conversation(
    reference: str, request: Request, session: SessionDep, now: Now, signed: AtDesk, done: str = ""
) -> Response:
    """Show what was written, and what this person has not sent yet. That they read it is noted."""
    return _page(request, session, asked(session, reference), signed, now, done=done)


@router.post(PAGE)
def write(
    reference: str,
    request: Request,
    runtime: RuntimeDep,
    session: SessionDep,
    now: Now,
    signed: AtDesk,
    form: FormDep,
) -> Response:
    """Send the answer, keep it for later, or begin it with a kept text or the words of a page.

    To look for a page keeps what was typed as well; what was sought stands in no address.
    """
    check_form(form.get("form", ""), signed)
    row, text = asked(session, reference), form.get("text", "")
    do, _, slug = form.get("do", "").partition(":")
    if do == "insert":
        text = _begun(runtime, session, row, form.get("template", ""), text)
    if do == "page":
        text = _joined(text, _words(request, row, slug, now))
    # Kept first: whatever becomes of it, the words are there.
    commands.keep_draft(session, row.id, signed.id, text, at=now)
    if do == "search":
        return _page(request, session, row, signed, now, text=text, sought=form.get("q", ""))
    if do != "send":
        return _back(request, row, "kept" if do == "keep" else "")
    wrong = _sent(session, row, text, form, signed, now)
    if wrong:
        return _page(request, session, row, signed, now, wrong=wrong, text=text)
    return _back(request, row, "answered")


@router.post(f"{PAGE}/draft")
def keep_typing(reference: str, session: SessionDep, now: Now, signed: AtDesk, form: FormDep) -> Response:
    """Keep what was typed so far; the page sends it of its own accord."""
    check_form(form.get("form", ""), signed)
    commands.keep_draft(session, asked(session, reference).id, signed.id, form.get("text", ""), at=now)
    return JSONResponse({"kept": True})


@router.post(f"{PAGE}/yes")
def they_wrote_yes(
    reference: str, request: Request, session: SessionDep, now: Now, signed: AtDesk, form: FormDep
) -> Response:
    """Have the question shared, as its asker wrote in the message that is named."""
    check_form(form.get("form", ""), signed)
    row = asked(session, reference)
    try:
        message = UUID(form.get("message", ""))
    except ValueError:
        return _page(request, session, row, signed, now, wrong="yes-missing")
    try:
        commands.wrote_yes(session, row.id, message, who=f"staff:{signed.id}", at=now)
    except request_rules.AlreadyOver:
        session.rollback()
        return _page(request, session, row, signed, now, wrong="over")
    return _back(request, row, "shared")


def _sent(
    session: Session, row: AdviceRequest, text: str, form: Mapping[str, str], signed: Signed, now: datetime
) -> str:
    """Send an answer. Returns the code of why not, or nothing."""
    key = f"{form.get('form', '')}:{rules.fingerprint(text).hex()}"
    try:
        commands.answer(
            session,
            row.id,
            Words(text, key),
            at=now,
            who=f"staff:{signed.id}",
            staff_id=signed.id,
            closes=form.get("closes") == "yes",
        )
    except rules.TakenBack:
        session.rollback()
        return "withdrawn-meanwhile"
    except rules.NotFinished as wrong:
        session.rollback()
        return wrong.code
    return ""


def _begun(runtime: Runtime, session: Session, row: AdviceRequest, template_id: str, text: str) -> str:
    """Return what was typed, with a kept text after it in which what is known is filled in."""
    chosen = next((one for one in queries.templates(session) if str(one.template_id) == template_id), None)
    if chosen is None:
        return text
    hours = week_in_words(parts(session, row.country), chosen.language)
    session.commit()  # referral may be slow to answer, and no transaction waits for that
    values = {"reference": row.reference, "service": _helper(runtime, row), "hours": hours}
    return _joined(text, rules.filled(chosen.text, values))


def _joined(typed: str, added: str) -> str:
    return "\n\n".join(filter(None, (typed.strip(), added)))


def _words(request: Request, row: AdviceRequest, slug: str, now: datetime) -> str:
    """Return the words of a page of guidance, or nothing where there is no such page."""
    site = request.app.state.runtime.settings.public_url("intake")
    return beside.words_of(shelf_of(request), slug, _asker(request, row).languages, site, now)


def _asker(request: Request, row: AdviceRequest) -> beside.Asker:
    return beside.Asker(row.audience, row.needs, (row.language, negotiate(request)))


def _beside(
    request: Request, session: Session, row: AdviceRequest, sought: str, now: datetime
) -> beside.Beside:
    asker, shelf = _asker(request, row), shelf_of(request)
    if not sought:
        return beside.offered(shelf, asker, now)
    return beside.sought(session, shelf, words_of_pages(request), asker.languages, sought, at=now)


def _helper(runtime: Runtime, row: AdviceRequest) -> str:
    """Return who helps, or nothing while nobody does or referral does not answer."""
    try:
        known = runtime.peers.lookup(ReferralDetail, [row.referral_id]) if row.referral_id else {}
    except PeerUnavailable:
        return ""
    found = known.get(row.referral_id) if row.referral_id else None
    return ", ".join(filter(None, (found.organisation, found.service))) if found else ""


def asked(session: Session, reference: str) -> AdviceRequest:
    """Return the advice request with this reference. Raises NotFound."""
    row = requests.by_reference(session, tidy_reference(reference) or "")
    if row is None:
        raise NotFound("There is no advice request with this reference.")
    return row


def _back(request: Request, row: AdviceRequest, done: str) -> Response:
    return forms.see_other(request, f"{path_of(row.reference)}{f'?done={done}' if done else ''}")


def _page(
    request: Request,
    session: Session,
    row: AdviceRequest,
    signed: Signed,
    now: datetime,
    *,
    done: str = "",
    wrong: str = "",
    text: str | None = None,
    sought: str = "",
) -> Response:
    language = negotiate(request)
    about, is_open = _about(row), row.state is not State.WITHDRAWN
    messages = commands.read_by_centre(session, row.id, who=f"staff:{signed.id}", at=now)
    draft = queries.draft(session, row.id, signed.id)
    sentence = pages.texts().text(language, f"conversation.{wrong}") if wrong else ""
    context: dict[str, Any] = {
        "reference": row.reference,
        "about": about,
        "question": row.question or "",
        "asked_at": row.received_at,
        "messages": [said(one, to_asker=False) for one in messages],
        "draft": text if text is not None else draft.text if draft else "",
        "templates": queries.templates(session, row.language) or queries.templates(session),
        "beside": _beside(request, session, row, sought, now) if is_open else None,
        "is_open": is_open,
        "may_send": way(row) is not None,
        "may_say_yes": row.share is not Share.YES and row.state not in request_rules.FINAL,
        "is_closed": row.state in request_rules.FINAL,
        "notice": sentence if wrong in NOTICES else "",
        "mistakes": [Mistake("text", sentence)] if wrong and wrong not in NOTICES else [],
        "done": done if done in DONE else "",
        "value": partial(words.value, language),
    }
    return framed(request, "conversations/desk.html", signed, context, status=400 if wrong else 200)


def _about(row: AdviceRequest) -> list[Fact]:
    facts = [
        Fact("audience", row.audience.value),
        Fact("ages", ", ".join(row.child_age_bands)),
        Fact("language", row.language),
        Fact("channel", row.channel.value),
        Fact("share", row.share.value),
        Fact("state", row.state.value),
    ]
    return [one for one in facts if one.value]
