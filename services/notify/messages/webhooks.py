"""What Twilio tells us: how a text fares, and what somebody texted to our number.

Both answer at once and can be sent again. An address or a form that we do not understand is answered too:
Twilio would only repeat it.
"""

from __future__ import annotations

import contextlib
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from services.notify.channels.access import twilio_signature
from services.notify.channels.port import ProviderStatus
from services.notify.messages.commands import Inbound, receive, report
from shared.web.dependencies import Now, SessionDep

router = APIRouter()

SignedForm = Annotated[dict[str, str], Depends(twilio_signature)]
NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


@router.post("/twilio/status/{attempt}", status_code=204)
def status(attempt: UUID, form: SignedForm, session: SessionDep, now: Now) -> None:
    """How a text fares. 404 for an attempt that is not ours."""
    sid = form.get("MessageSid") or form.get("SmsSid", "")
    with contextlib.suppress(ValueError):
        word = ProviderStatus(form.get("MessageStatus") or form.get("SmsStatus", ""))
        report(session, attempt, sid, word, form.get("ErrorCode") or None, at=now)


@router.post("/twilio/inbound")
def inbound(form: SignedForm, session: SessionDep, now: Now) -> Response:
    """Somebody texted our number. The answer is empty: what we have to say goes its own way."""
    sid, sender = form.get("MessageSid") or form.get("SmsSid", ""), form.get("From", "")
    if sid and sender:
        stop = form.get("OptOutType", "").upper() == "STOP"
        receive(session, Inbound(sid, sender, form.get("Body", ""), answered_stop=stop), at=now)
    return Response(NO_ANSWER, media_type="text/xml")
