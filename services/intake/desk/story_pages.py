"""A person's whole story on one page, in order of time, and what can be done next.

`desk/story.html` has: `path`, `named` (references), `lines` (of Line, the newest last), `away` (services),
`waiting` (service, Waiting), `backs` (ids of call-backs to do), `talks` (reference, address of what was
written about it), `call` (the address of a call, or nothing), `facts` (of Fact, where they are shown),
`shown`, `hides`, `whys`, `problem`, `erase` (an address, for a senior); and `why`, `value`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.conversations.desk_pages import path_of
from services.intake.desk import commands_search, queries, search_queries, story_queries
from services.intake.desk.item_pages import WHYS
from services.intake.desk.pages import AtDesk, away
from services.intake.desk.showing import desk_of, is_shown, shown_token, words_of
from services.intake.desk.story_queries import Reached
from services.intake.desk.story_showing import line
from services.intake.requests import views
from services.intake.staff.access import StepUpFirst
from services.intake.staff.framing import check_form, framed
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from shared.desk import asker
from shared.desk.actions import Fact
from shared.errors import NotFound
from shared.events.finding import AskStory, AskWhose, Story, Whose
from shared.peers import PeerUnavailable
from shared.web import forms, pages
from shared.web.dependencies import FormDep, Now, SessionDep
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False)
HERE = (search_queries.REQUEST, search_queries.CALL)
AT_NOTIFY = ("registration", "text")


@dataclass(frozen=True)
class Told:
    """A story as it was told by all services; None for one that did not answer."""

    who: Reached
    parts: Mapping[str, Story | None]

    @property
    def lines(self) -> list[tuple[str, Any]]:
        there = [(name, story) for name, story in self.parts.items() if story is not None]
        told = [(name, one) for name, story in there for one in story.happened]
        return sorted(told, key=lambda pair: pair[1].at)


@router.get("/desk/people-of/{kind}/{id}")
def story(
    kind: str, id: UUID, request: Request, session: SessionDep, now: Now, signed: AtDesk, shown: str = ""
) -> Response:
    """Show what happened with a person, without what names or reaches them until somebody says why."""
    try:
        return _page(request, session, signed, now, kind, id, token=shown)
    except PeerUnavailable:
        return away(request, signed, "notify")


@router.post("/desk/people-of/{kind}/{id}/show")
def show(
    kind: str, id: UUID, request: Request, session: SessionDep, now: Now, signed: AtDesk, form: FormDep
) -> Response:
    """Show what names and reaches a person, and what they wrote, to somebody who says why; that is noted."""
    check_form(form.get("form", ""), signed)
    path, why = _path(kind, id), form.get("why", "")
    if not signed.is_stepped_up:
        raise StepUpFirst(path)
    try:
        if why not in WHYS:
            problem = pages.texts().text(negotiate(request), "one-desk.why-missing")
            return _page(request, session, signed, now, kind, id, problem=problem)
        who = _whose(request, session, signed, now, kind, id)
    except PeerUnavailable:
        return away(request, signed, "notify")
    about = [f"advice-request:{one}" for one in who.requests] or [f"{kind}:{id}"]
    commands_search.note_story(session, signed, about, ("name", "phone", "email", "words"), why, at=now)
    token = shown_token(signed, f"story-{kind}-{why}", id)
    return forms.see_other(request, f"{path}?{urlencode({'shown': token})}")


def _path(kind: str, id: UUID) -> str:
    return f"/desk/people-of/{kind}/{id}"


def _why_shown(token: str, signed: Signed, kind: str, id: UUID) -> str:
    """Return why somebody looks, as they said lately; nothing if they did not."""
    return next((why for why in WHYS if is_shown(token, signed, f"story-{kind}-{why}", id)), "")


def _whose(request: Request, session: Session, signed: Signed, now: datetime, kind: str, id: UUID) -> Reached:
    """Return where this person is reached. Raises NotFound and PeerUnavailable."""
    if kind in HERE:
        found = story_queries.reached(session, kind, id)
    elif kind in AT_NOTIFY:
        session.commit()
        whose = desk_of(request, signed, now).ask("notify", AskWhose(kind=kind, id=id), Whose)
        found = story_queries.at(session, whose.phones, whose.emails) if whose.there else None
    else:
        found = None
    if found is None:
        raise NotFound("Nobody is here any more.")
    return found


def _tell(
    request: Request, session: Session, signed: Signed, now: datetime, kind: str, id: UUID, why: str
) -> Told:
    """Ask everybody once, the others side by side. Raises NotFound and PeerUnavailable."""
    who = _whose(request, session, signed, now, kind, id)
    calls = [id] if kind == search_queries.CALL else []
    own = story_queries.tell(session, who, calls, shown=bool(why))
    # No transaction stays open while others are asked.
    session.commit()
    asked = AskStory(phones=who.phones, emails=who.emails, requests=who.requests, shown=bool(why), why=why)
    others = desk_of(request, signed, now).ask_all(("referral", "notify"), asked, Story)
    return Told(who, {"intake": own, **others})


def _page(
    request: Request,
    session: Session,
    signed: Signed,
    now: datetime,
    kind: str,
    id: UUID,
    *,
    token: str = "",
    problem: str = "",
) -> Response:
    why = _why_shown(token, signed, kind, id)
    told = _tell(request, session, signed, now, kind, id, why)
    there = {name: one for name, one in told.parts.items() if one is not None}
    names, language = queries.names(session), negotiate(request)
    reasons = {form: text for one in there.values() for form, text in one.reasons.items()}
    named = sorted(one.reference for one in search_queries.facts(session, told.who.requests).values())
    lines = [line(service, one, language, names) for service, one in told.lines]
    facts = _facts(session, told.who, language) if why else []
    context = words_of(request, reasons, names) | {
        "path": _path(kind, id),
        "named": named,
        "lines": lines if why else [replace(one, words=None) for one in lines],
        "away": [name for name in told.parts if name not in there],
        "waiting": [(name, item) for name, one in there.items() for item in one.waiting],
        "backs": story_queries.open_backs(there["intake"]),
        "talks": [(one, path_of(one)) for one in named],
        "call": f"/desk/calls/{id}" if kind == search_queries.CALL else "",
        "facts": facts,
        "shown": bool(why),
        "hides": not why,
        "whys": WHYS,
        "problem": problem,
        "erase": _erase(signed, named),
    }
    return framed(request, "desk/story.html", signed, context, status=400 if problem else 200)


def _erase(signed: Signed, named: list[str]) -> str:
    """Return where a senior erases this person: a reference may stand in an address, a number may not."""
    if not signed.may(Role.SENIOR):
        return ""
    return f"/desk/erase/{named[0]}" if named else "/desk/erase"


def _facts(session: Session, who: Reached, language: str) -> list[list[Fact]]:
    """Return who asked and how they are reached, for each advice request; else only how."""
    asked = [
        [one for one in asker.facts(views.asker(row), language) if one.label != "question"]
        for row in story_queries.askers(session, who.requests)
    ]
    bare = [Fact("phone", one) for one in who.phones] + [Fact("email", one) for one in who.emails]
    return asked or ([bare] if bare else [])
