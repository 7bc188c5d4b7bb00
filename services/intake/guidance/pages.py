"""Pages of guidance, and whom to call.

`guidance/page.html` has: `page` (Article), `spoken` (its Language), `standing`, `others` (languages), `parts`
(safe HTML by name), `danger`, `calls` (HelpLines by country), `services` (ServiceFitting), `related`
(Articles), `structured` (JSON-LD), `address` (of the page itself), `ask`, `days` (how long words are kept),
`keep` (a path with the language of the page), `form_token`, `filled`, `mistakes` and `thanked`;
`guidance/gone.html` has the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup

from services.intake.guidance import rendering
from services.intake.guidance.articles import PARTS, Article
from services.intake.guidance.fitting import ServicesThatFit
from services.intake.guidance.library import Shelf
from services.intake.guidance.reader import Opened, opened, shelf_of, shown
from services.intake.guidance.rules import (
    Standing,
    all_urgent_help,
    names_danger,
    somebody_to_talk_to,
    whom_to_call,
)
from services.intake.guidance.structured import json_ld
from shared.countries import COUNTRIES
from shared.errors import NotFound
from shared.languages import FOR_PAGES
from shared.security.access import open_to_all
from shared.web import forms, pages
from shared.web.dependencies import Now
from shared.web.forms import Mistake
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False, dependencies=[Depends(open_to_all)])
FORM = "guidance"
# Found by whoever seeks it: nothing on it is about somebody.
FOUND = {"X-Robots-Tag": "all"}
DRAWING_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Cache-Control": "public, max-age=3600",
}
MOST_RELATED = 4


@router.get("/help")
def help_page(request: Request) -> Response:
    """Show the urgent numbers, what happens with an advice request, and what is kept of it."""
    language = negotiate(request)
    context = {
        "urgent": {country: all_urgent_help(country, language) for country in COUNTRIES},
        "talk": {country: somebody_to_talk_to(country, language) for country in COUNTRIES},
    }
    return pages.render(request, "guidance/help.html", context)


@router.get("/guidance/drawings/{name}.svg")
def drawing(name: str, request: Request) -> Response:
    """Send a drawing of a page. A browser does nothing with it but show it."""
    found = shelf_of(request).drawings.get(name)
    if found is None:
        raise NotFound("There is no drawing with this name.")
    return Response(found, media_type="image/svg+xml", headers=DRAWING_HEADERS)


@router.get("/guidance/{slug}")
def page(slug: str, request: Request, now: Now) -> Response:
    """Show a page, or that nobody has checked it for so long that it is no longer shown.

    A name that it had before leads to the one of today.
    """
    shelf = shelf_of(request)
    found = opened(request, shelf, slug, now)
    if found.page.slug != slug:
        # Kept by no browser: an old name may have said more than the new one.
        moved = pages.keeping_language(request, f"{rendering.PAGES}/{found.page.slug}")
        return RedirectResponse(moved, status_code=301, headers={"Cache-Control": "no-store"})
    return page_shown(request, shelf, found, thanked=request.query_params.get("thanks") == "yes")


def page_shown(
    request: Request,
    shelf: Shelf,
    found: Opened,
    *,
    thanked: bool = False,
    filled: Mapping[str, str] | None = None,
    mistakes: Sequence[Mistake] = (),
) -> Response:
    """Show a page, with what its form holds."""
    address = f"{request.app.state.runtime.settings.public_url('intake')}/guidance/{found.page.slug}"
    context = _around(request, shelf, found) | {
        "address": address,
        "ask": rendering.ASK,
        "days": request.app.state.runtime.settings.keep_opinions_days,
        "structured": json_ld(found.page, f"{address}?lang={found.page.language}", found.reader),
        "form_token": forms.new_token(FORM),
        "filled": filled or {},
        "mistakes": mistakes,
        "thanked": thanked,
    }
    is_gone = found.standing is Standing.GONE
    template = "guidance/gone.html" if is_gone else "guidance/page.html"
    headers = FOUND | {"Content-Language": ", ".join(dict.fromkeys((found.page.language, found.reader)))}
    return pages.render(
        request,
        template,
        context,
        language=found.reader,
        status=400 if mistakes else 200,
        headers={} if is_gone else headers,
        to_a_child=found.page.is_for_children,
    )


def _around(request: Request, shelf: Shelf, found: Opened) -> dict[str, Any]:
    one = found.page
    danger = names_danger(one.needs, danger=False)
    calls = {
        country: whom_to_call(country, one.audience, found.reader, danger=danger) for country in one.countries
    }
    return {
        "page": one,
        "spoken": found.spoken,
        "standing": found.standing,
        "others": found.others,
        "parts": _parts(found),
        "danger": danger,
        "calls": {country: lines for country, lines in calls.items() if lines},
        "services": _services(request, found),
        "related": _related(request, shelf, one),
        # Their sentences are there in the languages of all pages alone.
        "say_why": found.reader in FOR_PAGES,
        "keep": lambda path: f"{path}?lang={found.keeps}" if found.keeps else path,
    }


def _parts(found: Opened) -> dict[str, Markup]:
    return {
        # Cleaned by nh3.
        name: Markup(rendering.html(found.page.parts[name], found.keeps))  # noqa: S704
        for name in PARTS
        if found.page.parts.get(name)
    }


def _services(request: Request, found: Opened) -> Sequence[Any]:
    fits: ServicesThatFit = request.app.state.services_that_fit
    return () if found.standing is Standing.GONE else fits.of(found.page, found.reader)


def _related(request: Request, shelf: Shelf, one: Article) -> list[Article]:
    there = [shelf.page(shelf.now_called(slug), one.language) for slug in one.related]
    now = request.app.state.runtime.clock.now()
    return shown(filter(None, there), now)[:MOST_RELATED]
