"""Where an adviser texts or mails an asker in words of their own.

`conversations/own.html` has: `reference`, `channel`, `may_send`, `typed`, `notice`, `mistakes`, `sent`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from sqlmodel import Session

from services.intake.conversations import commands_sending, rules
from services.intake.conversations.commands import Words
from services.intake.conversations.desk_pages import asked
from services.intake.requests.tables import AdviceRequest
from services.intake.staff.access import staff
from services.intake.staff.framing import check_form, framed
from services.intake.staff.rules import Signed
from services.intake.staff.tables import Role
from shared.events.desk import AskWording, Wording
from shared.peers import PeerUnavailable
from shared.runtime import Runtime
from shared.security.service_tokens import Acting
from shared.web import forms, pages
from shared.web.dependencies import FormDep, Now, RuntimeDep, SessionDep
from shared.web.forms import Mistake
from shared.web.languages import negotiate

router = APIRouter(include_in_schema=False)
AtDesk = Annotated[Signed, Depends(staff(Role.ADVISER, Role.SENIOR))]
PAGE = "/desk/requests/{reference}/own-words"


@router.get(PAGE)
def own_words(
    reference: str, request: Request, session: SessionDep, signed: AtDesk, sent: str = ""
) -> Response:
    """Show where to write; nothing of the asker is on it but how they want to be reached."""
    return _page(request, asked(session, reference), signed, sent=bool(sent))


@router.post(PAGE)
def send(
    reference: str,
    request: Request,
    runtime: RuntimeDep,
    session: SessionDep,
    now: Now,
    signed: AtDesk,
    form: FormDep,
) -> Response:
    """Have these words sent once, unless something is wrong with them; then they stay on the page."""
    check_form(form.get("form", ""), signed)
    row, text = asked(session, reference), form.get("text", "")
    session.commit()  # notify may be slow to answer, and no transaction waits for that
    try:
        wrong = _wrong(request, _checked(runtime, row, signed, text))
    except PeerUnavailable:
        return _page(request, row, signed, typed=text, notice="not-now", status=503)
    if wrong:
        return _page(request, row, signed, typed=text, wrong=wrong, status=400)
    if not _kept(session, row, form, text, signed, now):
        return _page(request, row, signed, typed=text, notice="own-impossible", status=409)
    return forms.see_other(request, f"{PAGE.format(reference=row.reference)}?sent=yes")


@router.post(f"{PAGE}/check")
def check(
    reference: str,
    request: Request,
    runtime: RuntimeDep,
    session: SessionDep,
    signed: AtDesk,
    form: FormDep,
) -> Response:
    """Say, while somebody types, what is wrong with their words and how much still fits."""
    check_form(form.get("form", ""), signed)
    row = asked(session, reference)
    session.commit()
    try:
        found = _checked(runtime, row, signed, form.get("text", ""))
    except PeerUnavailable:
        return JSONResponse({"said": _text(request, "not-now")}, 503)
    fits = pages.texts().text(negotiate(request), "conversation.own-left", count=found.left)
    return JSONResponse({"said": " ".join([*_wrong(request, found), fits]), "segments": found.segments})


def _kept(
    session: Session, row: AdviceRequest, form: dict[str, str], text: str, signed: Signed, now: datetime
) -> bool:
    words = Words(text, f"{form.get('form', '')}:{rules.fingerprint(text).hex()}")
    try:
        commands_sending.send(session, row.id, words, staff_id=signed.id, at=now)
    except (rules.TakenBack, commands_sending.NoWay):
        session.rollback()
        return False
    return True


def _checked(runtime: Runtime, row: AdviceRequest, signed: Signed, text: str) -> Wording:
    wanted = AskWording(text=text, channel=row.channel, language=row.language)
    return runtime.peers.at_desk("notify", wanted, Wording, Acting(f"staff:{signed.id}", signed.name))


def _wrong(request: Request, found: Wording) -> list[str]:
    language = negotiate(request)
    return [
        pages.texts().text(language, f"conversation.own-{one.code}", word=one.word) for one in found.problems
    ]


def _page(
    request: Request,
    row: AdviceRequest,
    signed: Signed,
    *,
    typed: str = "",
    notice: str = "",
    wrong: Sequence[str] = (),
    sent: bool = False,
    status: int = 200,
) -> Response:
    context = {
        "reference": row.reference,
        "channel": row.channel.value,
        "may_send": commands_sending.way(row) is not None,
        "typed": typed,
        "notice": _text(request, notice) if notice else "",
        "mistakes": [Mistake("text", " ".join(wrong))] if wrong else [],
        "sent": sent,
    }
    return framed(request, "conversations/own.html", signed, context, status=status)


def _text(request: Request, code: str) -> str:
    return pages.texts().text(negotiate(request), f"conversation.{code}")
