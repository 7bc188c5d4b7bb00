"""What Twilio sends us, under its signature: how a text fares, and texts that come in."""

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
    """Check Twilio's signature against our public address, and return the form.

    Raises Forbidden for a missing or wrong signature, and for any signature if no Twilio account is set. A
    form may be replayed with the same signature, so what it leads to must be idempotent. NUL, which no table
    accepts, is left out: a person's words are not refused for it.
    """

    async def __call__(self, request: Request) -> Form:
        settings: ChannelSettings = request.app.state.runtime.settings
        raw = (await request.body()).decode("utf-8", "replace")
        form = ImmutableMultiDict(parse_qsl(raw, keep_blank_values=True))
        if not _is_signed(settings, request, form):
            raise Forbidden(
                "This request does not carry Twilio's signature for this address and this account."
            )
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
    # Empty TwiML: our answer, if any, is a message of its own.
    answer='<?xml version="1.0" encoding="UTF-8"?><Response/>',
    media_type="text/xml",
)
