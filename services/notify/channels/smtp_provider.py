"""A mail server, as the rest of the program knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.notify.channels.port import ChannelName, RemoteChannel
from services.notify.channels.provider import Provider

if TYPE_CHECKING:
    from services.notify.channels.settings import ChannelSettings


def _reached_at(settings: ChannelSettings) -> str | None:
    return settings.smtp_url.get_secret_value() if settings.smtp_url else None


def _connect(settings: ChannelSettings) -> RemoteChannel:
    from services.notify.channels.smtp_email import MailServer, SmtpEmail

    server = MailServer.parse(_reached_at(settings) or "")
    return SmtpEmail(server, settings.sender, helo=settings.smtp_helo or None)


SMTP = Provider(
    name="the mail server",
    channel=ChannelName.EMAIL,
    settings=("WEERZIEN_SMTP_URL", "WEERZIEN_SMTP_HELO"),
    address="WEERZIEN_SMTP_URL",
    reached_at=_reached_at,
    connect=_connect,
    is_well="the mail server takes us in",
    reasons={
        r"smtp-(?P<code>\d{3})": "mail-server-refused",
        r"refuses-us-(?P<code>\d{3})": "mail-server-refuses-us",
        r"came-back-(?P<code>\d\.\d{1,3}\.\d{1,3})": "mail-came-back",
    },
)
