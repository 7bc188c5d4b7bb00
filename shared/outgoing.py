"""Calls to an address that somebody typed: out to the world, and never into a network of our own.

A name is looked up once, every address that it leads to is judged, and the connection goes to one of those
that were judged: a name that leads elsewhere the next moment gains nothing. No redirect is followed, no proxy
is used, and what comes back ends at a size and at a moment, whatever the other side does.
"""

from __future__ import annotations

import re
import socket
import ssl
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

import httpcore
import httpx

from shared.clock import monotonic

# Looks a name up: host and port in, addresses out. Raises OSError where there are none.
Resolve = Callable[[str, int], Sequence[str]]
PORTS = {"http": 80, "https": 443}
# Below this a port belongs to another service than the web.
OWN_PORTS = 1024
LONGEST = 2_000
HOST = re.compile(r"(?!.*\.\.)[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_.])?", re.IGNORECASE)
CALENDARS_OWN = re.compile(r"\Awebcals?://", re.IGNORECASE)
KEPT_AS_IT_IS = "/?%:@!$&'()*+,;=~-._"
UNSEEN = re.compile(r"[\x00-\x20\x7f]")
# What Python takes for public, or another address is hidden in, or a cloud answers its own machines on.
NEVER = tuple(
    map(
        ip_network,
        (
            "168.63.129.16/32",
            "192.88.99.0/24",
            "::/96",
            "::ffff:0:0/96",
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "2001::/32",
            "2002::/16",
            "fec0::/10",
        ),
    )
)
CHUNK = 65_536
ENCODED = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class Refused(Exception):
    """Why nothing came of a call, by a code: each has a sentence where it is shown.

    `address`, `scheme`, `port`, `unknown-host`, `not-public`, `no-answer`, `certificate`, `redirect`,
    `too-large`, `encoding`, `not-http`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Limits:
    """The most bytes of an answer, unpacked too, and the seconds from the first to its last."""

    largest: int = 2_000_000
    seconds: float = 20.0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True)
class Target:
    """An address that may be called, and the one host and port that it names."""

    url: httpcore.URL
    host: str
    port: int


def looked_up(host: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def call(
    method: str,
    address: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    here: bool = False,
    limits: Limits | None = None,
    resolve: Resolve = looked_up,
) -> Answer:
    """Call a web address once and return what it answers. Raises Refused.

    `here`: it may lead to this very machine, for trying things out. Nothing else of ours can be reached.
    """
    within = limits or Limits()
    target, ends = target_of(address), monotonic() + within.seconds
    pinned = _Pinned(judged(target, resolve, here=here), ends)
    sent = {"Accept-Encoding": "identity", "User-Agent": "Weerzien", **(headers or {})}
    try:
        with httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=True), network_backend=pinned
        ) as pool:
            return _answer(pool, method, target, sent, content, within)
    except httpcore.TimeoutException:
        raise Refused("no-answer") from None
    except httpcore.NetworkError as problem:
        raise Refused("certificate" if _is_of_tls(problem) else "no-answer") from None
    except (httpcore.ProtocolError, zlib.error):
        raise Refused("not-http") from None


def target_of(address: str) -> Target:
    """Read an address as people copy it: with a name for its host. Raises Refused for what is none.

    What holds a user's name and password is none either: it would be shown and kept as an address is.
    """
    text = CALENDARS_OWN.sub("https://", address.strip())
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port or PORTS.get(parts.scheme, 0)
    except (ValueError, UnicodeError):
        raise Refused("address") from None
    if parts.scheme not in PORTS:
        raise Refused("scheme")
    if "@" in parts.netloc or len(text) > LONGEST or UNSEEN.search(text) or not HOST.fullmatch(host):
        raise Refused("address")
    if port < OWN_PORTS and port not in PORTS.values():
        raise Refused("port")
    return Target(_url(parts, host, port), host, port)


def _url(parts: SplitResult, host: str, port: int) -> httpcore.URL:
    query = f"?{quote(parts.query, safe=KEPT_AS_IT_IS)}" if parts.query else ""
    path = quote(parts.path or "/", safe=KEPT_AS_IT_IS)
    return httpcore.URL(
        scheme=parts.scheme.encode(), host=host.encode(), port=port, target=(path + query).encode()
    )


def judged(target: Target, resolve: Resolve, *, here: bool = False) -> Sequence[str]:
    """Look the host up and return its addresses. Raises Refused if one of them is not out in the world."""
    try:
        found = resolve(target.host, target.port)
    except OSError:
        found = ()
    if not found:
        raise Refused("unknown-host")
    if not all(is_public(one) or (here and _is_loopback(one)) for one in found):
        raise Refused("not-public")
    return found


def is_public(address: str) -> bool:
    """Whether everybody in the world can reach it, and it hides no other address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return ip.is_global and not _is_special(ip)


def _is_special(ip: IPv4Address | IPv6Address) -> bool:
    return (
        ip.is_multicast
        or ip.is_reserved
        or ip.is_unspecified
        or any(ip in net for net in NEVER if net.version == ip.version)
    )


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _answer(
    pool: httpcore.ConnectionPool,
    method: str,
    target: Target,
    headers: Mapping[str, str],
    content: bytes | None,
    within: Limits,
) -> Answer:
    timeouts = dict.fromkeys(("connect", "read", "write", "pool"), within.seconds)
    with pool.stream(
        method, target.url, headers=dict(headers), content=content, extensions={"timeout": timeouts}
    ) as answer:
        told = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
        if 300 <= answer.status < 400 and answer.status != 304:
            raise Refused("redirect")
        length = told.get("content-length", "")
        if length.isdigit() and (len(length) > 12 or int(length) > within.largest):
            raise Refused("too-large")
        parts = _unpacked(answer.iter_stream(), told.get("content-encoding", "").lower(), within.largest)
        return Answer(answer.status, told, b"".join(parts))


def _unpacked(parts: Iterable[bytes], encoding: str, largest: int) -> list[bytes]:
    """Return what came, unpacked where it was packed unasked. Stops at the size, before it is all there."""
    if encoding not in ("", "identity", *ENCODED):
        raise Refused("encoding")
    unpack = _Unpacking(encoding) if encoding in ENCODED else None
    kept: list[bytes] = []
    left = largest
    for part in parts:
        plain = unpack.next(part, left + 1) if unpack else part
        left -= len(plain)
        if left < 0:
            raise Refused("too-large")
        kept.append(plain)
    return kept


class _Unpacking:
    def __init__(self, encoding: str) -> None:
        self._unpack = zlib.decompressobj(ENCODED[encoding])

    def next(self, part: bytes, most: int) -> bytes:
        """Return at most so much of what it unpacks to: a handful of bytes can be a thousand times more."""
        return self._unpack.decompress(part, most)


def _is_of_tls(problem: BaseException) -> bool:
    at: BaseException | None = problem
    while at is not None:
        if isinstance(at, ssl.SSLError):
            return True
        at = at.__cause__ or at.__context__
    return False


@dataclass
class _Pinned(httpcore.NetworkBackend):
    """Connects to the addresses that were judged, whatever name is asked for, and until one moment."""

    addresses: Sequence[str]
    ends: float
    _machine: httpcore.SyncBackend = field(default_factory=httpcore.SyncBackend)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        last: Exception = httpcore.ConnectError("no address")
        for address in self.addresses:
            try:
                left = _left(self.ends, httpcore.ConnectTimeout)
                return _Timed(self._machine.connect_tcp(address, port, timeout=left), self.ends)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as problem:
                last = problem
        raise last


@dataclass
class _Timed(httpcore.NetworkStream):
    """A connection on which no wait goes beyond one moment: not even a byte at a time, for hours."""

    stream: httpcore.NetworkStream
    ends: float

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(min(max_bytes, CHUNK), _left(self.ends, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, _left(self.ends, httpcore.WriteTimeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(self.ends, httpcore.ConnectTimeout)
        return _Timed(self.stream.start_tls(ssl_context, server_hostname, left), self.ends)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _left(ends: float, late: type[httpcore.TimeoutException]) -> float:
    left = ends - monotonic()
    if left <= 0:
        raise late("the time is over")
    return left
