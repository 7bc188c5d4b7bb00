"""Who may use the surfaces of the channels: Twilio by its signature, and whoever may read the postbus."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from starlette.datastructures import ImmutableMultiDict

from services.notify.channels.settings import ChannelSettings
from shared.errors import Forbidden, NotFound
from shared.security.access import Access, KeyWithScope

SIGNATURE = "X-Twilio-Signature"


class TwilioSignature(Access):
    """The form that Twilio sends, once its signature has been checked against our public address.

    Raises Forbidden for a missing or wrong signature, and for any where no Twilio account is set. A form that
    is sent again has the same signature: what is behind this must be able to hear things twice. NUL, which no
    table takes, is left out: a person's words are not refused for it.
    """

    async def __call__(self, request: Request) -> dict[str, str]:
        settings: ChannelSettings = request.app.state.runtime.settings
        raw = (await request.body()).decode("utf-8", "replace")
        form = ImmutableMultiDict(parse_qsl(raw, keep_blank_values=True))
        if not _is_signed(settings, request, form):
            raise Forbidden("This does not carry Twilio's signature for this address and this account.")
        return {name: value.replace("\x00", "") for name, value in form.items()}


class PostbusReader(Access):
    """On one machine alone everybody who can reach it; elsewhere a key, as these are people's messages."""

    async def __call__(self, request: Request) -> None:
        settings: ChannelSettings = request.app.state.runtime.settings
        if not settings.postbus_is_on:
            raise NotFound("There is no postbus here: messages go to their providers.")
        if not settings.embedded:
            await KeyWithScope("operator")(request)


def _is_signed(settings: ChannelSettings, request: Request, form: ImmutableMultiDict[str, str]) -> bool:
    from twilio.request_validator import RequestValidator

    given = request.headers.get(SIGNATURE)
    if not given or settings.twilio_auth_token is None:
        return False
    query = f"?{request.url.query}" if request.url.query else ""
    address = settings.public_url("notify") + request.url.path + query
    validator = RequestValidator(settings.twilio_auth_token.get_secret_value())
    return bool(validator.validate(address, form, given))


twilio_signature = TwilioSignature()
SignedForm = Annotated[dict[str, str], Depends(twilio_signature)]
postbus_reader = PostbusReader()
