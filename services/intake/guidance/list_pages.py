"""The list of all pages of guidance, and the search in them.

`guidance/list.html` has: `groups` (of a heading and Articles) where nothing was chosen, else `result`
(Articles) and `meant`; `audiences`, `stages` and `needs` (choices), `wanted`, `spoken`, `ask`, and `dutch`
(whether the same may be there in Dutch).
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from services.intake.guidance import rendering
from services.intake.guidance.articles import Article
from services.intake.guidance.finding import Found, Wanted, found, in_vain
from services.intake.guidance.library import Shelf
from services.intake.guidance.pages import FOUND
from services.intake.guidance.reader import shelf_of, shown, words_of_pages
from shared.languages import DEFAULT, LANGUAGES
from shared.security.access import open_to_all
from shared.vocabulary import Audience, Stage, is_need, need_name
from shared.web import pages
from shared.web.dependencies import Now, SessionDep
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False, dependencies=[Depends(open_to_all)])
# What is found fits on a small screen at first; the rest is one press away.
FIRST_SHOWN, MOST_SHOWN = 10, 50
C = TypeVar("C", bound=StrEnum)
Typed = Annotated[str, Query()]


@router.get("/guidance")
def all_pages(
    request: Request,
    session: SessionDep,
    now: Now,
    audience: Typed = "",
    stage: Typed = "",
    need: Typed = "",
    q: Typed = "",
    whole: Annotated[str, Query(alias="all")] = "",
) -> Response:
    """Show every page by who it is for, or those that were chosen or sought."""
    shelf, reader = shelf_of(request), negotiate(request)
    wanted = Wanted(
        _spoken(request, shelf, reader),
        _code(Audience, audience),
        _code(Stage, stage),
        need if is_need(need) else None,
        q,
    )
    there = shown(shelf.in_language(wanted.language), now)
    context = _choices(there, reader) | {"wanted": wanted, "ask": rendering.ASK, "groups": []}
    context |= {"spoken": LANGUAGES[wanted.language], "dutch": wanted.language != DEFAULT}
    if wanted.chooses or wanted.seeks:
        result = found(session, shelf, words_of_pages(request), wanted, at=now)
        in_vain(session, wanted, result, at=now)
        most = MOST_SHOWN if whole else FIRST_SHOWN
        context |= {"result": result.pages[:most], "number": len(result.pages), "meant": _meant(result)}
        context |= {"more": f"?{request.url.query}&all=yes" if len(result.pages) > most and not whole else ""}
    else:
        context["groups"] = [(one, list(_of(there, one))) for one in Audience]
    return pages.render(request, "guidance/list.html", context, headers=FOUND if not wanted.seeks else {})


def _spoken(request: Request, shelf: Shelf, reader: str) -> str:
    """Return the language of the list: any in which there are pages can be asked for."""
    asked = request.query_params.get("lang", "")
    return asked if asked in LANGUAGES and shelf.in_language(asked) else reader


def _code(kind: type[C], typed: str) -> C | None:
    return kind(typed) if typed in list(kind) else None


def _of(there: list[Article], audience: Audience) -> Iterator[Article]:
    return (page for page in there if audience in page.audience)


def _meant(result: Found) -> str:
    return " ".join(result.meant.corrected) if result.meant else ""


def _choices(there: list[Article], reader: str) -> dict[str, Any]:
    """Return what can be chosen: of needs only those that some page is about."""
    words = pages.texts()
    needs = {code: need_name(code, reader) for page in there for code in page.needs}
    return {
        "audiences": [(one.value, words.text(reader, f"guidance.for.{one}"), "") for one in Audience],
        "stages": [(one.value, words.text(reader, f"guidance.at.{one}"), "") for one in Stage],
        "needs": [(code, name, "") for code, name in sorted(needs.items(), key=lambda one: one[1])],
    }
