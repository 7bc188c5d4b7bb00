"""The page behind the link in a mail that asks a family whose an address is. It works without JavaScript.

Its address has a token, which says nothing; the page tells nothing of the visit or the family.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.notify.visits import commands
from services.notify.visits.links import PAGE
from shared.security.access import open_to_all
from shared.web import pages
from shared.web.dependencies import Now, SessionDep
from shared.web.languages import READ_BY_FAMILIES

router = APIRouter(include_in_schema=False, dependencies=[Depends(open_to_all), READ_BY_FAMILIES])


@router.api_route(f"{PAGE}/{{token}}", methods=["GET", "HEAD"])
def address_page(token: str, request: Request, session: SessionDep, now: Now) -> Response:
    """Ask whoever opened the link whether they want the messages. Changes nothing."""
    works = commands.linked(session, token, now) is not None
    return _page(request, token if works else None)


@router.post(f"{PAGE}/{{token}}")
def confirm_address(token: str, request: Request, session: SessionDep, now: Now) -> Response:
    """Write to this address from now on. Idempotent."""
    works = commands.confirm_by_link(session, token, at=now)
    return _page(request, token if works else None, confirmed=works)


def _page(request: Request, token: str | None, *, confirmed: bool = False) -> Response:
    context = {"token": token, "confirmed": confirmed}
    return pages.render(request, "visits/address.html", context, status=200 if token else 404)
