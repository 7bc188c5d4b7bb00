"""Examines the public addresses: each must lead to this installation from outside."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from services.doctor.finding import Finding
from services.notify.channels.choice import in_use
from services.notify.channels.providers import PROVIDERS
from services.notify.channels.settings import ChannelSettings
from shared.events.services import SERVICES

REPORTS = " and ".join(f"{one.name}'s reports" for one in PROVIDERS if one.path)
NEVER_OUTSIDE = (".localhost", ".local", ".internal", ".lan")


def examine(settings: ChannelSettings) -> Iterator[Finding]:
    urls = {f"WEERZIEN_PUBLIC_URL_{name.upper()}": settings.public_url(name) for name in SERVICES}
    seen = not settings.embedded or _writes_to_people(settings)
    for name, url in urls.items():
        yield from _address(name, url, seen=seen)
    if len(set(urls.values())) < len(urls):
        yield Finding("wrong", "two services have the same public address: give each a host name of its own")
    if settings.clock is not None:
        yield Finding("notice", f"the clock is set to {settings.clock.isoformat()}, not to the real time")


def _address(name: str, url: str, *, seen: bool) -> Iterator[Finding]:
    """Examine one address. `seen`: people get links to it, and providers report to it."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        yield Finding("wrong", f"{name} is {url!r}: it must look like https://help.example.org")
        return
    if seen and parts.scheme == "http":
        yield Finding(
            "wrong", f"{name} is {url}: not https, so links in mail and texts would be open to all on the way"
        )
    if seen and is_inside(parts.hostname):
        yield Finding(
            "wrong",
            f"{name} is {url}: people and {REPORTS} cannot reach that; give the name that leads here from"
            " outside",
        )


def is_inside(host: str) -> bool:
    """Return True for a name or address that works only on this machine or inside one network."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(NEVER_OUTSIDE)


def _writes_to_people(settings: ChannelSettings) -> bool:
    """Return True if a provider is set that is not a stand-in on this machine."""
    reached = [provider.reached_at(settings) for provider in in_use(settings).values()]
    return any(not is_inside(urlsplit(url or "").hostname or "") for url in reached)
