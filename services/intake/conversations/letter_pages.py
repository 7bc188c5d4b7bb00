"""A letter to an asker that gives nothing away, to print and post.

`conversations/letter.html` has: `to` and `sender` (lines), `day`, `about` (what happened), `name` and
`reference`.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from services.intake.conversations import commands
from services.intake.requests.tables import AdviceRequest
from services.intake.settings import IntakeSettings
from services.intake.staff.access import staff
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from shared.errors import NotFound
from shared.geography import facility
from shared.languages import text_language
from shared.vocabulary import ContactChannel
from shared.web import pages
from shared.web.dependencies import Now, SessionDep

router = APIRouter(include_in_schema=False)
Reading = Annotated[Signed, Depends(staff(Role.ADVISER, Role.SENIOR, stepped_up=True))]
PAGE = "/desk/letters/{request_id}"
ABOUT = ("accepted", "nobody-found", "answer-written")


@router.get(PAGE)
def letter(
    request_id: UUID,
    request: Request,
    session: SessionDep,
    now: Now,
    signed: Reading,
    about: str = "answer-written",
) -> Response:
    """Show the letter, in the asker's language, and note who saw the address."""
    row = session.get(AdviceRequest, request_id)
    if row is None or row.channel is not ContactChannel.LETTER or about not in ABOUT:
        raise NotFound("There is no such letter.")
    language = text_language(row.language, row.page_language or "")
    settings: IntakeSettings = request.app.state.runtime.settings
    context = {
        "to": _to(row, language),
        "sender": [one.strip() for one in settings.letter_sender.split(",") if one.strip()],
        "day": pages.local_day(now.date(), language),
        "about": about,
        "name": row.name or "",
        "reference": row.reference,
    }
    commands.note_address(session, row.id, who=f"staff:{signed.id}", at=now)
    return pages.render(request, "conversations/letter.html", context, language=language)


def _to(row: AdviceRequest, language: str) -> list[str]:
    """Return the lines of the address: the name, and those that were given or the place where they are."""
    place = facility(row.facility) if row.facility else None
    given = (row.address or "").splitlines() or ([place.called(language)] if place else [])
    return [one for one in (row.name or "", *given) if one.strip()]
