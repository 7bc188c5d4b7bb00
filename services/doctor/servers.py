"""What we talk to: the broker, each other, and the providers. Nothing is sent to anybody."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

from services.doctor.finding import Finding
from services.notify.channels.choice import troubles
from services.notify.channels.port import ChannelName
from services.notify.channels.settings import ChannelSettings
from shared.local.environment import SERVICES
from shared.messaging.broker import eviction_policy
from shared.settings import CommonSettings

ANSWER_SECONDS = 5
GOOD = {ChannelName.SMS: "Twilio knows the account", ChannelName.EMAIL: "the mail server takes us in"}
WITHOUT = {
    ChannelName.SMS: "TWILIO_ACCOUNT_SID is not set: texts stay in the postbus and reach nobody",
    ChannelName.EMAIL: "WEERZIEN_SMTP_URL is not set: mail stays in the postbus and reaches nobody",
}


def broker(url: str) -> Finding:
    try:
        policy = eviction_policy(url)
    except Exception as problem:
        kind = type(problem).__name__
        return Finding("wrong", f"the broker of WEERZIEN_BROKER_URL does not answer ({kind}): is it running?")
    if policy != "noeviction":
        return Finding("wrong", f"the broker's maxmemory-policy is {policy}: set it to noeviction")
    return Finding("good", "the broker answers")


def peers(settings: CommonSettings) -> Iterator[Finding]:
    """Services ask each other over HTTP; where one is not reached, its part of the work waits."""
    for service in SERVICES:
        url = settings.internal_url(service)
        try:
            answer = httpx.get(f"{url}/healthz", timeout=ANSWER_SECONDS, trust_env=False)
        except httpx.HTTPError as problem:
            said = type(problem).__name__
        else:
            said = "" if answer.status_code == httpx.codes.OK else str(answer.status_code)
        if said:
            name = f"WEERZIEN_INTERNAL_URL_{service.upper()}"
            yield Finding("wrong", f"{service} does not answer at {url} ({said}): start it, or mend {name}")
        else:
            yield Finding("good", f"{service} answers at {url}")


def providers(settings: ChannelSettings) -> Iterator[Finding]:
    found = troubles(settings)
    for channel in ChannelName:
        if channel not in found:
            yield Finding("notice", WITHOUT[channel])
        else:
            trouble = found[channel]
            yield Finding("wrong", trouble) if trouble else Finding("good", GOOD[channel])
    if settings.email_has_provider and not settings.mail_from:
        yield Finding(
            "notice",
            f"WEERZIEN_MAIL_FROM is not set, so people answer to {settings.sender}: set it to a mailbox that"
            " somebody reads, since families mail there that they come, do not come, or want no more mail",
        )
