from __future__ import annotations

import ipaddress

from fastapi import Request


def origin(request: Request) -> str:
    """Return the address that a request comes from: a /64 for IPv6, since one household has a whole /64.

    `X-Forwarded-For` counts only if the request itself comes from a private address (our own proxy), and then
    only its last entry, which our proxy wrote. Returns `unknown` if it is no IP address.
    """
    host = request.client.host if request.client else "unknown"
    forwarded = request.headers.get("x-forwarded-for", "")
    if forwarded and is_private(host):
        host = forwarded.rsplit(",", 1)[-1].strip()
    return _network(host)


def is_private(host: str) -> bool:
    """Whether this is an address of a private network or of this machine; false for a name."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False


def _network(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network(f"{address}/64", strict=False))
    return str(address)
