"""Who really asks: whether a request came by itself from this machine or network, or through a proxy."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from fastapi import Request

# What proxies add to a request that they pass on, each by its own custom.
PROXIED = frozenset(
    {
        "forwarded",
        "via",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-real-ip",
        "x-client-ip",
        "true-client-ip",
        "cf-connecting-ip",
    }
)


def came_through_one(request: Request) -> bool:
    """Whether a proxy speaks for somebody else: then the peer says nothing about who asks."""
    return not PROXIED.isdisjoint(request.headers.keys())


def is_from_here(request: Request) -> bool:
    """Whether somebody at this very machine asks, by themselves, and for this machine.

    A page of another site can make its name lead here, to read what is answered; that name is in `Host`.
    """
    peer = request.client.host if request.client else ""
    return is_here(peer) and is_here(request.url.hostname or "") and not came_through_one(request)


def is_here(host: str) -> bool:
    """Whether this name or address leads to this very machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def leads_here(url: str) -> bool:
    """Whether this web address leads to this very machine alone."""
    return is_here(urlsplit(url).hostname or "")
