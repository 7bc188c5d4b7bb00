"""Ports of this machine: a free one for a server of ours, and who holds one that we need."""

from __future__ import annotations

import contextlib
import random
import socket
import sys

import psutil

LOW, HIGH = 20_000, 32_000
"""Below the range from which systems take ports for outgoing connections."""

PORT_CHOICES = random.SystemRandom()


class Hold:
    """Neighbouring loopback ports that are ours until `release`, whether or not a server listens there.

    A port that is only looked up can be lost before a server in another process listens on it. Two sockets
    that never listen keep it. The one for UDP is the claim: no other holder on this machine gets it, in any
    process or checkout, and the system ends it together with the process. The one for TCP (on Linux) keeps
    out the outgoing connections and the programs that take any free port; a server that sets SO_REUSEADDR,
    as all of ours do, can listen beside it.
    """

    def __init__(self, first: int, count: int = 1) -> None:
        """Raises OSError where one of them is held or listened on."""
        self.port = first
        self._sockets: list[socket.socket] = []
        try:
            for port in range(first, first + count):
                self._take(port)
        except OSError:
            self.release()
            raise

    def _take(self, port: int) -> None:
        self._sockets.append(_bound(port, socket.SOCK_DGRAM))
        beside = _bound(port, socket.SOCK_STREAM)
        # Elsewhere a server could not bind beside it.
        if sys.platform == "linux":
            self._sockets.append(beside)
        else:
            beside.close()

    def release(self) -> None:
        """Idempotent. What listens on the port by then goes on."""
        for one in self._sockets:
            one.close()
        self._sockets = []

    def __enter__(self) -> int:
        return self.port

    def __exit__(self, *_: object) -> None:
        self.release()


def hold(count: int = 1) -> Hold:
    """So many neighbouring ports that are free. `with hold() as port` gives the first. Raises OSError."""
    for _ in range(200):
        with contextlib.suppress(OSError):
            return Hold(PORT_CHOICES.randrange(LOW, HIGH), count)
    raise OSError(f"no free port between {LOW} and {HIGH}")


def _bound(port: int, kind: socket.SocketKind) -> socket.socket:
    made = socket.socket(socket.AF_INET, kind)
    try:
        if kind == socket.SOCK_STREAM:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("127.0.0.1", port))
    except OSError:
        made.close()
        raise
    return made


def is_free(port: int) -> bool:
    """Whether a server of ours could listen there now; a port that is only held counts as free."""
    try:
        _bound(port, socket.SOCK_STREAM).close()
    except OSError:
        return False
    return True


def listen(host: str, port: int) -> socket.socket:
    """A listening socket that the program's children may inherit. Raises OSError where it is taken."""
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def holder(port: int) -> str:
    """The process that listens on a port, in words; as far as this system tells us."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if port in _listened_on(process):
                return f"process {process.pid} ({' '.join(process.cmdline())[:120]})"
    return "another program (of another user, or outside this container)"


def _listened_on(process: psutil.Process) -> set[int]:
    return {one.laddr.port for one in process.net_connections("tcp") if one.status == psutil.CONN_LISTEN}
