from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.intake.guidance.rules import all_urgent_help, somebody_to_talk_to
from shared.countries import COUNTRIES
from shared.security.access import open_to_all
from shared.web import pages
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False)


@router.get("/help", dependencies=[Depends(open_to_all)])
def help_page(request: Request) -> Response:
    """Show the urgent numbers, what happens with an advice request, and what is kept of it."""
    language = negotiate(request)
    context = {
        "urgent": {country: all_urgent_help(country, language) for country in COUNTRIES},
        "talk": {country: somebody_to_talk_to(country, language) for country in COUNTRIES},
    }
    return pages.render(request, "guidance/help.html", context)
