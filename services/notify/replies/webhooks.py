"""What somebody texted to our number, as Twilio passes it on."""

from __future__ import annotations

from fastapi import APIRouter, Response

from services.notify.channels.access import SignedForm
from services.notify.replies.commands import Inbound, receive
from shared.web.dependencies import Now, SessionDep

router = APIRouter()
NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


@router.post("/twilio/inbound")
def inbound(form: SignedForm, session: SessionDep, now: Now) -> Response:
    """Somebody texted our number. The answer is empty: what we have to say goes its own way.

    It can be sent again. A form that we do not understand is answered too: Twilio would only repeat it.
    """
    sid, sender = form.get("MessageSid") or form.get("SmsSid", ""), form.get("From", "")
    if sid and sender:
        stop = form.get("OptOutType", "").upper() == "STOP"
        receive(session, Inbound(sid, sender, form.get("Body", ""), answered_stop=stop), at=now)
    return Response(NO_ANSWER, media_type="text/xml")
