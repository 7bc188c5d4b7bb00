"""Which channel a process uses: a provider where settings name one, else the postbus where it is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlmodel import Session

from services.notify.channels.port import Channel, ChannelName, Provider
from services.notify.channels.postbus import Postbus
from services.notify.channels.settings import ChannelSettings
from services.notify.channels.smtp_email import MailServer, SmtpEmail
from shared.clock import Clock


def channels(
    settings: ChannelSettings, sessions: Callable[[], Session], clock: Clock
) -> Mapping[ChannelName, Channel]:
    """One for each name. The settings have refused to exist where a channel would go nowhere."""
    return {
        ChannelName.SMS: _sms(settings) or Postbus(ChannelName.SMS, sessions, clock),
        ChannelName.EMAIL: _email(settings) or Postbus(ChannelName.EMAIL, sessions, clock),
    }


def troubles(settings: ChannelSettings) -> dict[ChannelName, str | None]:
    """What each provider says stands in the way, asked without sending; a channel without one is left out."""
    providers = {ChannelName.SMS: _sms(settings), ChannelName.EMAIL: _email(settings)}
    return {name: provider.trouble() for name, provider in providers.items() if provider}


def _sms(settings: ChannelSettings) -> Provider | None:
    if settings.twilio_account_sid is None or settings.twilio_auth_token is None:
        return None
    # Importing the SDK takes most of a second, which a machine without Twilio need not wait for.
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


def _email(settings: ChannelSettings) -> Provider | None:
    if settings.smtp_url is None:
        return None
    return SmtpEmail(MailServer.parse(settings.smtp_url.get_secret_value()), settings.sender)
