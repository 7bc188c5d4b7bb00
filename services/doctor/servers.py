"""Examines the broker, the services and the providers. It sends nothing to anybody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from urllib.parse import urlsplit

import httpx

from services.doctor.finding import Finding, Grade
from services.notify.channels import imap_mailbox
from services.notify.channels.choice import in_use
from services.notify.channels.port import ChannelName
from services.notify.channels.providers import PROVIDERS
from services.notify.channels.settings import ChannelSettings
from shared.events.services import SERVICES
from shared.messaging.broker import eviction_policy
from shared.settings import CommonSettings

ANSWER_SECONDS = 5
BROKERS = ("redis", "rediss", "amqp", "amqps")
REFUSALS = {
    "AuthenticationError",
    "AuthenticationWrongNumberOfArgsError",
    "NoPermissionError",
    "AccessRefused",
}
WITHOUT = {
    ChannelName.SMS: "texts stay in the postbus and reach nobody",
    ChannelName.EMAIL: "mail stays in the postbus and reaches nobody",
}


def brokers(settings: Iterable[CommonSettings]) -> Iterator[Finding]:
    """Examine the broker as each service reaches it; what is true of all is said once."""
    found = [broker(url) for url in dict.fromkeys(one.broker_url for one in settings)]
    yield from dict.fromkeys(found)


def broker(url: str) -> Finding:
    if not _is_usable(url):
        return Finding(
            "wrong",
            "WEERZIEN_BROKER_URL must look like redis://:password@host:6379/0 or amqp://name:password@host:5672//",
        )
    try:
        policy = eviction_policy(url)
    except Exception as problem:
        if REFUSALS & set(_kinds(problem)):
            return Finding("wrong", "the broker refuses the name or the password in WEERZIEN_BROKER_URL")
        kind = type(problem).__name__
        return Finding("wrong", f"the broker of WEERZIEN_BROKER_URL does not answer ({kind}): is it running?")
    if policy != "noeviction":
        return Finding("wrong", f"the broker's maxmemory-policy is {policy}: set it to noeviction")
    return Finding("good", "the broker answers")


def _is_usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in BROKERS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _kinds(problem: BaseException | None) -> Iterator[str]:
    """Yield the kinds of a problem and of its causes: Celery wraps what a client raised."""
    while problem is not None:
        yield type(problem).__name__
        problem = problem.__cause__ or problem.__context__


def peers(settings: CommonSettings) -> Iterator[Finding]:
    """Examine whether services reach each other by HTTP: work that needs an unreachable one waits."""
    for service in SERVICES:
        url = settings.internal_url(service)
        try:
            answer = httpx.get(f"{url}/healthz", timeout=ANSWER_SECONDS, trust_env=False)
        except httpx.HTTPError as problem:
            said = type(problem).__name__
        else:
            said = "" if answer.status_code == httpx.codes.OK else str(answer.status_code)
        name = f"WEERZIEN_INTERNAL_URL_{service.upper()}"
        if not said and (other := _who(answer)) != service:
            yield Finding("wrong", f"at {url} {other} answers and not {service}: correct {name}")
        elif said:
            yield Finding("wrong", f"{service} does not answer at {url} ({said}): start it or correct {name}")
        else:
            yield Finding("good", f"{service} answers at {url}")


def peer_keys(settings: Mapping[str, CommonSettings]) -> Iterator[Finding]:
    """Examine whether services know each other's tokens: with secret keys of their own, two need one key."""
    for one, other in combinations(settings, 2):
        keys = [settings[name].peer_keys.get(frozenset((one, other))) for name in (one, other)]
        if None in keys and settings[one].secret_keys != settings[other].secret_keys:
            name = f"WEERZIEN_PEER_KEY_{one.upper()}_{other.upper()}"
            yield Finding(
                "wrong",
                f"{one} and {other} have secret keys of their own and no key in common, so neither answers"
                f" the other: give both the same {name}",
            )


def _who(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["service"])
    except (ValueError, KeyError, TypeError):
        return "something else"


def providers(settings: ChannelSettings) -> Iterator[Finding]:
    chosen = in_use(settings)
    for channel in ChannelName:
        if provider := chosen.get(channel):
            trouble = provider.connect(settings).trouble()
            yield Finding("wrong", trouble) if trouble else Finding("good", provider.is_well)
        else:
            switches = " or ".join(one.switch for one in PROVIDERS if one.channel is channel)
            grade: Grade = "wrong" if settings.writes_to_people else "notice"
            yield Finding(grade, f"{switches} is not set: {WITHOUT[channel]}")
    yield from mailbox(settings)
    if settings.email_has_provider and not settings.mail_from:
        yield Finding(
            "notice",
            f"WEERZIEN_MAIL_FROM is not set, so people reply to {settings.sender}: set it to a mailbox that"
            " is read, since families mail there that they come, do not come, or want no more mail",
        )


def mailbox(settings: ChannelSettings) -> Iterator[Finding]:
    """Examine whether answers to our mail are heard. Opens the mailbox, and reads nothing in it."""
    if account := settings.mailbox:
        trouble = imap_mailbox.trouble(account)
        yield Finding("wrong", trouble) if trouble else Finding("good", "the mailbox can be read")
    elif settings.email_has_provider:
        yield Finding(
            "notice",
            "WEERZIEN_IMAP_URL is not set: no program reads the answers to our mail, so a person has to look"
            " every day whether somebody wants no more of it (`weerzien contacts stop`)",
        )
