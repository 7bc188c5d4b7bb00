"""Twilio, as the rest of the program knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.notify.channels.port import ChannelName, RemoteChannel
from services.notify.channels.provider import Provider, Webhooks

if TYPE_CHECKING:
    from services.notify.channels.settings import ChannelSettings


def _reached_at(settings: ChannelSettings) -> str | None:
    return settings.twilio_api_base_url if settings.twilio_account_sid is not None else None


def _connect(settings: ChannelSettings) -> RemoteChannel:
    """Return the channel. Raises ValueError for an incomplete account, which the settings refuse earlier."""
    if settings.twilio_account_sid is None or settings.twilio_auth_token is None:
        raise ValueError("no account at Twilio is named")
    # Importing the SDK takes most of a second; a machine without Twilio should not wait for it.
    from services.notify.channels.twilio_sms import CALLS_AT_ONCE, TwilioAccount, TwilioSms

    return TwilioSms(
        TwilioAccount(
            sid=settings.twilio_account_sid,
            token=settings.twilio_auth_token.get_secret_value(),
            base_url=settings.twilio_api_base_url,
            sender=settings.twilio_from,
            messaging_service=settings.twilio_messaging_service_sid,
        ),
        connections=CALLS_AT_ONCE * settings.worker_threads,
    )


def _webhooks() -> Webhooks:
    from services.notify.channels.twilio_webhooks import WEBHOOKS

    return WEBHOOKS


TWILIO = Provider(
    name="Twilio",
    channel=ChannelName.SMS,
    settings=(
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_FROM",
        "TWILIO_MESSAGING_SERVICE_SID",
        "TWILIO_API_BASE_URL",
    ),
    address="TWILIO_API_BASE_URL",
    reached_at=_reached_at,
    connect=_connect,
    is_well="Twilio knows the account",
    reasons={
        r"(?P<code>21610)": "provider-opted-out",
        r"(?P<code>30036)": "provider-let-it-lapse",
        r"(?P<code>30001)": "provider-queue-dropped",
        r"(?P<code>\d{3,5})": "provider-refused",
        r"provider-error-(?P<code>\d{3,5})": "provider-failed",
    },
    opted_out=("21610",),
    path="/twilio",
    webhooks=_webhooks,
)
