"""What Twilio tells us of a text that we sent.

It is answered at once and can be sent again. A form that we do not understand is answered too: Twilio would
only repeat it.
"""

from __future__ import annotations

import contextlib
from uuid import UUID

from fastapi import APIRouter

from services.notify.channels.access import SignedForm
from services.notify.channels.port import ProviderStatus
from services.notify.messages.commands import report
from shared.web.dependencies import Now, SessionDep

router = APIRouter()


@router.post("/twilio/status/{attempt}", status_code=204)
def status(attempt: UUID, form: SignedForm, session: SessionDep, now: Now) -> None:
    """How a text fares. 404 for an attempt that is not ours."""
    sid = form.get("MessageSid") or form.get("SmsSid", "")
    with contextlib.suppress(ValueError):
        word = ProviderStatus(form.get("MessageStatus") or form.get("SmsStatus", ""))
        report(session, attempt, sid, word, form.get("ErrorCode") or None, at=now)
