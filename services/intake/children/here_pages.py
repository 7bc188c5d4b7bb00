"""What a child reads and writes once it has typed its five words.

`children/here.html` has: `token`, `messages` (of Said), `promised` (by when an answer is there, None where
one is), `is_late`, `zone`, `numbers` (whom to call in danger), `read_now`, `typed`, `danger`,
`mistakes`.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.children import commands, commands_erasing, queries, visits, words
from services.intake.children.codes import mark
from services.intake.children.pages import BYE, DOOR, FORM, HERE, again, led_out
from services.intake.children.showing import said, show, text, to_read, whom_to_call
from services.intake.children.tables import Box
from services.intake.conversations.rules import NotFinished
from shared.countries import zone
from shared.errors import NotFound, TooMany
from shared.security.access import open_to_all
from shared.web import forms
from shared.web.dependencies import FormDep, Now, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False, dependencies=[Depends(open_to_all)])
MORE, AWAY = "/hallo/meer", "/hallo/wissen"


@router.get(HERE)
def here(request: Request, session: SessionDep, now: Now) -> Response:
    """Show what was written. Without a visit this leads out: somebody presses Back after a child has left."""
    box = queries.visited(session, visits.token(request), now)
    return led_out() if box is None else _here(request, session, box, now)


@router.post(MORE)
def write_back(request: Request, session: SessionDep, now: Now, sent: FormDep) -> Response:
    """Keep what a child writes back, once however often it is pressed. After a visit it types its words."""
    box = queries.visited(session, visits.token(request), now)
    typed, danger = sent.get("text", ""), sent.get("danger") == "yes"
    if box is None or not forms.is_ours(sent.get("form", ""), FORM, str(box.id)):
        return again(request, now, sent)
    if _holds_the_code(typed, box):
        wrong = [Mistake("text", text(request, "code-in-message"))]
        return _here(request, session, box, now, mistakes=wrong, status=400)
    try:
        commands.write_back(session, box.id, typed, sent["form"], danger=danger, at=now)
    except (NotFinished, TooMany) as refusal:
        session.rollback()
        code = refusal.code if isinstance(refusal, NotFinished) else "too-often"
        wrong = [Mistake("text", text(request, code))]
        box = queries.visited(session, visits.token(request), now) or box
        return _here(request, session, box, now, typed=typed, danger=danger, mistakes=wrong, status=400)
    except NotFound:
        return forms.see_other(request, DOOR)
    return forms.see_other(request, f"{HERE}#new")


@router.post(AWAY)
def erase(request: Request, session: SessionDep, now: Now, sent: FormDep) -> Response:
    """Erase one message, or everything; then nothing is here any more and the way leads out."""
    box = queries.visited(session, visits.token(request), now)
    if box is None or not forms.is_ours(sent.get("form", ""), FORM, str(box.id)):
        return forms.see_other(request, DOOR)
    if sent.get("what") != "all":
        commands_erasing.erase_one(session, box.id, _id(sent.get("what", "")), at=now)
        return forms.see_other(request, HERE)
    if sent.get("sure") != "yes":
        wrong = [Mistake("sure", text(request, "sure-missing"))]
        return _here(request, session, box, now, mistakes=wrong, status=400)
    commands_erasing.erase_all(session, box.id, request.app.state.forget_beside, at=now)
    return forms.see_other(request, BYE)


def _id(written: str) -> UUID:
    """Return the id of a message, or one that none has."""
    try:
        return UUID(written)
    except ValueError:
        return UUID(int=0)


def _holds_the_code(typed: str, box: Box) -> bool:
    """Whether the words that lead here stand in a message: whoever saw it over a shoulder could come back."""
    return any(mark(row) == box.mark for row in words.rows_of_five(typed))


def _here(
    request: Request,
    session: Session,
    box: Box,
    now: datetime,
    *,
    typed: str = "",
    danger: bool = False,
    mistakes: list[Mistake] | None = None,
    status: int = 200,
) -> Response:
    waits = queries.waits_for_us(session, box.id)
    held, country, box_id, last_at = box.held, box.country, box.id, box.last_at
    promised = queries.promised(session, country, last_at) if waits else None
    context = {
        "token": forms.new_token(FORM, str(box_id), at=now),
        "promised": promised,
        "is_late": promised is not None and promised < now,
        "zone": zone(country),
        "numbers": whom_to_call(country, negotiate(request)) if held else [],
        "country": country,
        "messages": said(commands.read_by_child(session, box_id, at=now), to_child=True),
        "read_now": to_read(),
        "typed": typed,
        "danger": danger,
        "mistakes": mistakes or [],
    }
    return show(request, "here", context, status=status)
