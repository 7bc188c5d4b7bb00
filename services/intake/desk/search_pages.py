"""Seeks a person by reference, name, number or address, over all services.

`desk/search.html` has: `typed` (what was sought, on the page alone), `problem`, `tried` (codes), `rows` (of
Row, the newest first), `away` (services that did not answer), `more` (whether there are others).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.desk import commands_search, search_queries
from services.intake.desk.pages import AtDesk
from services.intake.desk.search_rules import LONGEST, Sought, sought
from services.intake.desk.showing import desk_of, state_in_words
from services.intake.staff.framing import check_form, framed
from services.intake.staff.rules import Signed
from shared.desk import words
from shared.errors import TooMany
from shared.events.finding import AskFound, Hit, Hits
from shared.web import pages
from shared.web.dependencies import FormDep, Now, SessionDep
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False)
OTHERS = ("referral", "notify")
SHOWN_AT_MOST = 100


@dataclass
class Row:
    """One advice request, registration, caller or number, with all that was found of it."""

    kind: str
    id: UUID
    first: Hit
    by: list[str] = field(default_factory=list)
    also: list[Hit] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/desk/people-of/{self.kind}/{self.id}"


@router.get("/desk/search")
def search_page(request: Request, signed: AtDesk) -> Response:
    """Ask whom somebody seeks. Nothing that is sought stands in an address."""
    return _page(request, signed)


@router.post("/desk/search")
def search(request: Request, session: SessionDep, now: Now, signed: AtDesk, form: FormDep) -> Response:
    """Show what is found, without names and numbers. Each search is noted, without what was sought."""
    check_form(form.get("form", ""), signed)
    typed = form.get("q", "").strip()
    if not typed or len(typed) > LONGEST:
        problem = "desk-search.too-long" if typed else "desk-search.missing"
        return _page(request, signed, typed[:LONGEST], _text(request, problem), status=400)
    meant = sought(typed)
    if meant.is_nothing:
        return _page(request, signed, typed, _text(request, "desk-search.not-understood"), status=400)
    try:
        commands_search.note_search(session, signed, meant, at=now)
    except TooMany:
        return _page(request, signed, typed, _text(request, "desk-search.too-many"), status=429)
    answers = gather(request, session, signed, now, meant)
    there = [one for one in answers.values() if one is not None]
    rows = together(session, [hit for one in there for hit in one.hits])
    context = {
        "tried": meant.tried,
        "rows": rows[:SHOWN_AT_MOST],
        "away": [name for name, one in answers.items() if one is None],
        "more": any(one.more for one in there) or len(rows) > SHOWN_AT_MOST,
    }
    return _page(request, signed, typed, context=context)


def gather(
    request: Request, session: Session, signed: Signed, now: datetime, meant: Sought
) -> Mapping[str, Hits | None]:
    """Ask our own tables, and then the others side by side; None for one that does not answer."""
    own = search_queries.find(session, meant)
    named = [one.id for one in own.hits if "reference" in one.by]
    known = [one.id for one in own.hits if one.kind == search_queries.REQUEST]
    # No transaction stays open while others are asked.
    session.commit()
    desk = desk_of(request, signed, now)
    asked = {
        "referral": AskFound(requests=tuple(known)),
        "notify": AskFound(
            phones=meant.phones, emails=meant.emails, words=meant.words, requests=tuple(named)
        ),
    }
    return {"intake": own, **desk.ask_each(asked, Hits)}


def together(session: Session, hits: list[Hit]) -> list[Row]:
    """Return one row for each advice request, registration and number, the newest first.

    What others found about an advice request is told with it.
    """
    unknown = {one.request_id for one in hits if one.request_id} - {one.id for one in hits}
    known = search_queries.facts(session, unknown)
    rows: dict[tuple[str, UUID], Row] = {}
    for hit in [*hits, *known.values()]:
        kind, id = ("request", hit.request_id) if hit.request_id else (hit.kind, hit.id)
        row = rows.setdefault((kind, id), Row(kind, id, hit))
        if hit.kind == kind and row.first.kind != kind:
            row.first, hit = hit, row.first
        if hit is not row.first:
            row.also.append(hit)
        row.by = list(dict.fromkeys([*row.by, *hit.by, *row.first.by]))
    shown = [one for one in rows.values() if one.first.kind == one.kind]
    return sorted(shown, key=lambda one: (-len(one.by), -one.first.at.timestamp()))


def _page(
    request: Request,
    signed: Signed,
    typed: str = "",
    problem: str = "",
    *,
    status: int = 200,
    context: Mapping[str, Any] | None = None,
) -> Response:
    language = negotiate(request)
    own = {
        "typed": typed,
        "problem": problem,
        "tried": None,
        "value": partial(words.value, language),
        "state": partial(state_in_words, language),
    }
    return framed(request, "desk/search.html", signed, own | dict(context or {}), status=status)


def _text(request: Request, key: str) -> str:
    return pages.texts().text(negotiate(request), key)
