"""The conversation on the page where reference and code lead, and how it is written in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from services.intake.conversations import commands
from services.intake.conversations.tables import Side, Written
from services.intake.guidance.rules import urgent_help
from services.intake.requests.tables import AdviceRequest, State
from shared.web import forms
from shared.web.forms import Mistake

FORM = "conversation"


@dataclass(frozen=True)
class Said:
    """One message as a page shows it. `is_new`: this side had not seen it before."""

    id: UUID
    from_asker: bool
    text: str
    at: datetime
    is_new: bool
    seen: bool


@dataclass(frozen=True)
class Typed:
    """What was sent and could not be kept: it is shown again, with what is wrong."""

    text: str = ""
    danger: bool = False
    mistakes: Sequence[Mistake] = ()
    notice: str = ""


NOTHING = Typed()


def said(one: Written, *, to_asker: bool) -> Said:
    theirs = one.side is Side.ASKER
    seen_here = one.seen_by_asker_at if to_asker else one.seen_by_centre_at
    seen_there = one.seen_by_centre_at if theirs else one.seen_by_asker_at
    is_new = theirs != to_asker and seen_here is None
    return Said(one.id, theirs, one.text, one.written_at, is_new, seen_there is not None)


def for_asker(
    session: Session,
    request: AdviceRequest,
    *,
    at: datetime,
    typed: Typed = NOTHING,
    wrote: bool = False,
    in_danger: bool = False,
) -> dict[str, Any]:
    """Return what the page needs to show the conversation. What is shown counts as read. Commits."""
    found = commands.read_by_asker(session, request.id, at=at)
    return {
        "messages": [said(one, to_asker=True) for one in found],
        "may_write": request.state is not State.WITHDRAWN,
        "typed": typed,
        "wrote": wrote,
        "call_now": urgent_help(request.country, request.audience, request.language) if in_danger else [],
        "token": forms.new_token(FORM, request.reference, at=at),
    }
