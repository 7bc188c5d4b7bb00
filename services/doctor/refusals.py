"""Examines whether messages wait because it is we whom a provider refuses."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Engine
from sqlmodel import Session

from services.doctor.finding import Finding
from services.notify.channels.port import ChannelName
from services.notify.messages.queries import waiting_as_we_are_refused

WHAT = {
    ChannelName.SMS: "texts wait, for the provider refuses us: look at TWILIO_ACCOUNT_SID and the token",
    ChannelName.EMAIL: "mails wait, for the mail server refuses us: look at its log, WEERZIEN_SMTP_HELO,"
    " WEERZIEN_SMTP_URL, WEERZIEN_MAIL_FROM, and whether our address is on a blocklist",
}


def examine(engine: Engine) -> Iterator[Finding]:
    with Session(engine) as session:
        waiting = waiting_as_we_are_refused(session)
    for channel, number in waiting.items():
        yield Finding("wrong", f"{number} {WHAT[channel]}. They go once that is mended")
