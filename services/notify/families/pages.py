"""Finding a day: by place, the nearest first. None of these pages needs JavaScript.

Titles and addresses are neutral: a browser's history says nothing of what was looked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response

from services.notify.families import commands, finding, queries
from services.notify.families.finding import by_code
from services.notify.visits.facilities import note_for
from shared.errors import NotFound
from shared.geography import Place, facilities, find
from shared.security.access import open_to_all
from shared.web import forms, pages
from shared.web.dependencies import Now, SessionDep
from shared.web.forms import FilledForm, Mistake, Text
from shared.web.languages import READ_BY_FAMILIES, negotiate
from shared.web.origin import origin
from shared.web.sentences import sentence

router = APIRouter(include_in_schema=False, dependencies=[Depends(open_to_all), READ_BY_FAMILIES])
FIND, LOST = "find-day", "lost-link"
Near = Annotated[str, Query(max_length=20)]


class Search(FilledForm):
    form: Text = ""
    country: Text = ""
    postcode: Text = ""


class Lost(FilledForm):
    form: Text = ""
    reach: Text = ""


@router.get("/days")
def find_page(request: Request, session: SessionDep, now: Now, near: Near = "") -> Response:
    """Ask where somebody lives, or show the places around it with the first day of each."""
    here = finding.place_of(near)
    return _find(request, session, now, Search(), here=here)


@router.post("/days")
def find_near(request: Request, session: SessionDep, now: Now, posted: Annotated[Search, Form()]) -> Response:
    """Lead to the places around a postcode; the address names no more of it than the area."""
    forms.check(posted.form, FIND)
    found = finding.countries_of(posted.postcode)
    country = posted.country if posted.country in found else ""
    if len(found) == 1:
        country = found[0]
    here = find(country, posted.postcode) if country else None
    if here is None:
        wrong = ("country", "days-country") if found else ("postcode", "days-postcode")
        mistake = Mistake(wrong[0], sentence(wrong[1], negotiate(request)))
        return _find(request, session, now, posted, mistakes=[mistake])
    return forms.see_other(request, f"/days?near={finding.area_of(here)}")


def _find(
    request: Request,
    session: Any,
    now: Any,
    filled: Search,
    *,
    here: Place | None = None,
    mistakes: list[Mistake] | None = None,
) -> Response:
    around = finding.nearest(here, list(facilities().values()))
    context = {
        "filled": filled,
        "token": forms.new_token(FIND, at=now),
        "mistakes": mistakes or [],
        "near": finding.area_of(here) if here else "",
        "around": around[: finding.NEAREST] if here else [],
        "all": sorted(around, key=lambda one: (one.facility.country, one.facility.city)),
        "first": queries.first_days(session, now),
    }
    return _page(request, "families/find.html", context, 400 if mistakes else 200)


@router.get("/days/at/{code}")
def place_page(code: str, request: Request, session: SessionDep, now: Now, near: Near = "") -> Response:
    """Show the days to come at one place, with the places left and the rules that it gives."""
    facility = by_code().get(code)
    if facility is None:
        raise NotFound("There is no such place.")
    [nearby] = finding.nearest(finding.place_of(near), [facility])
    context = {
        "one": nearby,
        "days": queries.days_ahead(session, facility.id, now),
        "note": note_for(session, facility.id, negotiate(request)),
        "near": near if finding.place_of(near) else "",
        "centre": request.app.state.runtime.settings.public_url("intake"),
    }
    return _page(request, "families/place.html", context)


@router.get("/days/lost")
def lost_page(request: Request, now: Now) -> Response:
    return _lost(request, now, Lost())


@router.post("/days/lost")
def ask_for_link(
    request: Request, session: SessionDep, now: Now, posted: Annotated[Lost, Form()]
) -> Response:
    """Send the link to where it belongs. The answer is the same whatever is known of a number."""
    forms.check(posted.form, LOST)
    reach = commands.read_reach(posted.reach)
    if not reach:
        return _lost(request, now, posted, [Mistake("reach", sentence("days-reach", negotiate(request)))])
    commands.ask_for_link(session, reach, origin=origin(request), at=now)
    return forms.see_other(request, "/days/asked")


@router.get("/days/asked")
def asked_page(request: Request) -> Response:
    return _page(request, "families/asked.html", {})


def _lost(request: Request, now: Any, filled: Lost, mistakes: list[Mistake] | None = None) -> Response:
    token = forms.new_token(LOST, at=now)
    context = {"filled": filled, "token": token, "mistakes": mistakes or []}
    return _page(request, "families/lost.html", context, 400 if mistakes else 200)


def _page(request: Request, name: str, context: Mapping[str, Any], status: int = 200) -> Response:
    return pages.render(request, name, {"mistakes": [], **context}, status=status)
