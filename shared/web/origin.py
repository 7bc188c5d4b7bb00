from __future__ import annotations

import ipaddress

from fastapi import Request

UNKNOWN = "unknown"


def origin(request: Request) -> str:
    """Return the address that a request comes from: a /64 for IPv6, since one household has a whole /64.

    `X-Forwarded-For` counts only if the request itself comes from a private address (our own proxy), and then
    only its last entry, which our proxy wrote. An IPv4 address that comes as IPv6 (`::ffff:192.0.2.1`) is the
    same origin. Returns `unknown` if it is no IP address: that is nobody's, so nothing is counted for it.
    """
    host = request.client.host if request.client else UNKNOWN
    forwarded = request.headers.get("x-forwarded-for", "")
    if forwarded and is_private(host):
        host = forwarded.rsplit(",", 1)[-1].strip()
    return _network(host)


def networks(origin: str) -> tuple[str, ...]:
    """Return an origin and the networks around it, the widest last: /24 for IPv4, /56 and /48 for IPv6.

    Whoever rents a server often has a whole such network. The widest says whose requests belong together.
    """
    if origin == UNKNOWN:
        return ()
    inner = ipaddress.ip_network(origin)
    around = (24,) if inner.version == 4 else (56, 48)
    return origin, *(str(inner.supernet(new_prefix=prefix)) for prefix in around)


def is_private(host: str) -> bool:
    """Whether this is an address of a private network or of this machine; false for a name."""
    address = _address(host)
    return address is not None and address.is_private


def _network(host: str) -> str:
    address = _address(host)
    if address is None:
        return UNKNOWN
    if address.version == 6:
        return str(ipaddress.IPv6Network((int(address), 64), strict=False))
    return str(address)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
