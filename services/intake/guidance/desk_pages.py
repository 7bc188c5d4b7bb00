"""Pages of guidance for who keeps them: when each is to be checked, what readers say, what they did not find.

`guidance/desk.html` has: `lines` (of Line), `troubles` (of Trouble), `sought` (of Sought);
`guidance/opinions.html` has: `page` (Article, or none that is still there), `slug`, `spoken`, `opinions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.intake.guidance import commands, queries, rules
from services.intake.guidance.articles import Article
from services.intake.guidance.queries import Use
from services.intake.guidance.reader import shelf_of, today_of
from services.intake.guidance.rules import Standing
from services.intake.staff.access import staff
from services.intake.staff.framing import check_form, framed
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from shared.errors import NotFound
from shared.web import forms
from shared.web.dependencies import FormDep, Now, SessionDep

router = APIRouter(include_in_schema=False)
LIST = "/desk/guidance"
Editing = Annotated[Signed, Depends(staff(Role.EDITOR, back=LIST))]


@dataclass(frozen=True)
class Line:
    page: Article
    standing: Standing
    use: Use


@router.get(LIST)
def kept_pages(request: Request, session: SessionDep, now: Now, signed: Editing) -> Response:
    """Show every page, those that are to be checked first; and what was sought in vain."""
    shelf, uses = shelf_of(request), queries.uses(session)
    lines = [
        Line(
            page,
            rules.standing(page.review_by, today_of(now)),
            uses.get((page.language, page.slug), Use(page.slug, page.language, 0, 0, 0)),
        )
        for page in shelf.pages.values()
    ]
    lines.sort(key=lambda one: (one.page.review_by, one.page.title))
    context = {"lines": lines, "troubles": shelf.troubles, "sought": queries.sought_in_vain(session)}
    return framed(request, "guidance/desk.html", signed, context)


@router.get(f"{LIST}/{{language}}/{{slug}}")
def what_readers_say(
    language: str, slug: str, request: Request, session: SessionDep, now: Now, signed: Editing
) -> Response:
    """Show what readers wrote about a page; that somebody looked is in the audit."""
    page = shelf_of(request).page(slug, language)
    if page is None:
        raise NotFound("There is no such page.")
    opinions = commands.read_opinions(session, language, slug, by=signed.id, at=now)
    return framed(request, "guidance/opinions.html", signed, {"page": page, "opinions": opinions})


@router.post(f"{LIST}/{{language}}/{{slug}}")
def done_with_an_opinion(
    language: str,
    slug: str,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Editing,
    form: FormDep,
) -> Response:
    """Empty what a reader wrote, once it was dealt with."""
    check_form(form.get("form", ""), signed)
    commands.let_go_of_opinion(session, _id(form.get("opinion", "")), by=signed.id, at=now)
    return forms.see_other(request, f"{LIST}/{language}/{slug}")


@router.post(f"{LIST}/sought")
def done_with_words(
    request: Request, session: SessionDep, now: Now, signed: Editing, form: FormDep
) -> Response:
    """Forget words that were sought in vain, once it was dealt with."""
    check_form(form.get("form", ""), signed)
    try:
        fingerprint = bytes.fromhex(form.get("sought", ""))
    except ValueError:
        raise NotFound("There are no such words.") from None
    commands.let_go_of_sought(session, fingerprint, by=signed.id, at=now)
    return forms.see_other(request, LIST)


def _id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        raise NotFound("There is no such opinion.") from None
