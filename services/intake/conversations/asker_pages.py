"""Where the asker writes back: on the page where reference and return code lead."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlmodel import Session

from services.intake.conversations import commands, rules
from services.intake.conversations.commands import Words
from services.intake.conversations.showing import FORM, NOTHING, Typed
from services.intake.requests import pages as status
from services.intake.requests.tables import AdviceRequest
from shared.errors import TooMany
from shared.security.access import open_to_all
from shared.web import forms, pages
from shared.web.dependencies import FormDep, Now, RuntimeDep, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import READ_BY_FAMILIES, negotiate

router = APIRouter(include_in_schema=False, dependencies=[Depends(open_to_all), READ_BY_FAMILIES])


@router.post("/status/messages")
def write_back(
    request: Request, runtime: RuntimeDep, session: SessionDep, now: Now, sent: FormDep
) -> Response:
    """Keep what the asker wrote, and show the conversation with it; pressed twice it is written once."""
    row = status.found(request, session, now, sent)
    if isinstance(row, Response):
        return row
    typed = _kept(request, session, row, sent, now)
    again = bool(typed.mistakes or typed.notice)
    return status.show(
        request,
        runtime,
        session,
        row,
        sent["code"],
        status=400 if again else 200,
        typed=typed,
        wrote=not again,
        in_danger=sent.get("danger") == "yes" and not again,
    )


def _kept(request: Request, session: Session, row: AdviceRequest, sent: dict[str, str], now: Now) -> Typed:
    """Keep what was sent. Returns nothing, or what was typed with why it was not kept."""
    text, danger = sent.get("text", ""), sent.get("danger") == "yes"
    token = sent.get("form", "")
    key = token if forms.is_ours(token, FORM, row.reference) else ""
    words = Words(text, f"{key}:{rules.fingerprint(text).hex()}")
    try:
        commands.ask_back(session, row.id, words, danger=danger, at=now)
    except rules.NotFinished as wrong:
        session.rollback()
        return Typed(text, danger, [Mistake("text", _text(request, wrong.code))])
    except (rules.TakenBack, TooMany) as refusal:
        session.rollback()
        why = "too-often" if isinstance(refusal, TooMany) else "taken-back"
        return Typed(text, danger, notice=_text(request, why))
    return NOTHING


def _text(request: Request, code: str) -> str:
    return pages.texts().text(negotiate(request), f"conversation.{code}")
