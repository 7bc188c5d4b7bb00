"""The home: where somebody finds what they came for, without having to ask."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.intake.guidance import nearby
from services.intake.guidance.reader import shelf_of
from services.intake.settings import IntakeSettings
from shared.languages import FOR_PAGES, LANGUAGES
from shared.security.access import open_to_all
from shared.vocabulary import Audience, need_name
from shared.web import pages
from shared.web.dependencies import Now
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False)
# A child's own way in, without steps.
CHILDS_DOOR = "/hallo"
# What most people come for; the list of guidance has all of them.
ABOUT = ("bezoek", "uitleg", "contact-op-afstand", "emotioneel", "school", "geld", "juridisch", "terugkeer")
GROWN_UPS = tuple(one for one in Audience if one is not Audience.CHILD)


@router.get("/", dependencies=[Depends(open_to_all)])
def home(request: Request, now: Now) -> Response:
    language, shelf = negotiate(request), shelf_of(request)
    settings: IntakeSettings = request.app.state.runtime.settings
    context: dict[str, Any] = {
        "childs_door": CHILDS_DOOR,
        "audiences": GROWN_UPS,
        "about": [(code, need_name(code, language)) for code in ABOUT],
        "asked": nearby.asked(shelf, "", language, now),
        "first_help": [LANGUAGES[code] for code in nearby.first_help(shelf) if code not in FOR_PAGES],
        "centre": settings.centre_name or "Weerzien",
        "address": settings.centre_lines,
        "telephone": settings.centre_phone,
        "site": settings.public_url("intake"),
        "days": f"{settings.public_url('notify')}/days",
    }
    return pages.render(request, "asking/home.html", context)
