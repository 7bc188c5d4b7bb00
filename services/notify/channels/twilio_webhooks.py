"""What Twilio tells us, under its signature: how a text fares, and what somebody texted."""

from __future__ import annotations

from urllib.parse import parse_qsl

from fastapi import Request
from starlette.datastructures import ImmutableMultiDict

from services.notify.channels.port import Inbound, Report
from services.notify.channels.provider import Form, Webhooks
from services.notify.channels.settings import ChannelSettings
from services.notify.channels.twilio_codes import STATUSES
from shared.errors import Forbidden
from shared.security.access import Access

SIGNATURE = "X-Twilio-Signature"


class TwilioSignature(Access):
    """The form that Twilio sends, once its signature has been checked against our public address.

    Raises Forbidden for a missing or wrong signature, and for any where no Twilio account is set. A form that
    is sent again has the same signature: what is behind this must be able to hear things twice. NUL, which no
    table takes, is left out: a person's words are not refused for it.
    """

    async def __call__(self, request: Request) -> Form:
        settings: ChannelSettings = request.app.state.runtime.settings
        raw = (await request.body()).decode("utf-8", "replace")
        form = ImmutableMultiDict(parse_qsl(raw, keep_blank_values=True))
        if not _is_signed(settings, request, form):
            raise Forbidden("This does not carry Twilio's signature for this address and this account.")
        return {name: value.replace("\x00", "") for name, value in form.items()}


def _is_signed(settings: ChannelSettings, request: Request, form: ImmutableMultiDict[str, str]) -> bool:
    from twilio.request_validator import RequestValidator

    given = request.headers.get(SIGNATURE)
    if not given or settings.twilio_auth_token is None:
        return False
    query = f"?{request.url.query}" if request.url.query else ""
    address = settings.public_url("notify") + request.url.path + query
    validator = RequestValidator(settings.twilio_auth_token.get_secret_value())
    return bool(validator.validate(address, form, given))


def report(form: Form) -> Report | None:
    status = STATUSES.get(form.get("MessageStatus") or form.get("SmsStatus", ""))
    return Report(_sid(form), status, form.get("ErrorCode") or None) if status else None


def inbound(form: Form) -> Inbound | None:
    sid, sender = _sid(form), form.get("From", "")
    stop = form.get("OptOutType", "").upper() == "STOP"
    return Inbound(sid, sender, form.get("Body", ""), answered_stop=stop) if sid and sender else None


def _sid(form: Form) -> str:
    return form.get("MessageSid") or form.get("SmsSid", "")


WEBHOOKS = Webhooks(
    signed=TwilioSignature(),
    report=report,
    inbound=inbound,
    # No text: what we have to say goes its own way.
    answer='<?xml version="1.0" encoding="UTF-8"?><Response/>',
    media_type="text/xml",
)
