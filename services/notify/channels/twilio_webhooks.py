"""What Twilio sends us, under its signature: how a text fares, and texts that come in."""

from __future__ import annotations

import logging
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.datastructures import ImmutableMultiDict

from services.notify.channels.port import Inbound, OptOut, Report
from services.notify.channels.provider import Form, Webhooks
from services.notify.channels.settings import ChannelSettings
from services.notify.channels.twilio_codes import STATUSES, fault
from shared.errors import Forbidden
from shared.security.access import Access
from shared.security.twilio import HEADER, is_signed

log = logging.getLogger(__name__)
OPT_OUTS = {"STOP": OptOut.STOP, "START": OptOut.START, "HELP": OptOut.HELP}


class TwilioSignature(Access):
    """Check Twilio's signature against our public address, and return the form.

    Raises Forbidden for a missing or wrong signature, for any signature if no Twilio account is set, and
    for a form about another account than ours: Twilio shows a 403 in its log, where it is looked for. A form
    may be replayed with the same signature, so what it leads to must be idempotent. NUL, which no table
    accepts, is left out: a person's words are not refused for it.
    """

    async def __call__(self, request: Request) -> Form:
        settings: ChannelSettings = request.app.state.runtime.settings
        raw = (await request.body()).decode("utf-8", "replace")
        fields = parse_qsl(raw, keep_blank_values=True)
        form = ImmutableMultiDict(fields)
        if not _is_signed(settings, request, fields):
            raise Forbidden(
                "This request does not carry Twilio's signature for this address and this account."
            )
        if form.get("AccountSid") != settings.twilio_account_sid:
            log.warning("a form under Twilio's signature is about another account: nothing was done with it")
            raise Forbidden("This request is about another account at Twilio than ours.")
        return {name: value.replace("\x00", "") for name, value in form.items()}


def _is_signed(settings: ChannelSettings, request: Request, fields: list[tuple[str, str]]) -> bool:
    if settings.twilio_auth_token is None:
        return False
    query = f"?{request.url.query}" if request.url.query else ""
    address = settings.public_url("notify") + request.url.path + query
    return is_signed(
        settings.twilio_auth_token.get_secret_value(), address, fields, request.headers.get(HEADER)
    )


def report(form: Form) -> Report | None:
    status = STATUSES.get(form.get("MessageStatus") or form.get("SmsStatus", ""))
    sid, code = _sid(form), form.get("ErrorCode") or None
    if status is None or not sid:
        return None
    return Report(sid, form.get("To", ""), status, code, fault(code) if code else None)


def inbound(form: Form) -> Inbound | None:
    sid, sender = _sid(form), form.get("From", "")
    opt_out = OPT_OUTS.get(form.get("OptOutType", "").upper())
    return Inbound(sid, sender, form.get("Body", ""), opt_out) if sid and sender else None


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
