"""Whether a web process answers, found out without ever waiting for it: the supervisor has one thread."""

from __future__ import annotations

import contextlib
import errno
import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit

EVERY_SECONDS = 1.0
SILENT_SECONDS = 10.0
# Until its first answer a process is starting, which may take longer on a small machine.
STARTING_SECONDS = 120.0
# A moment in which the supervisor itself stood still says nothing about anybody else.
LONGEST_MOMENT = 0.5
UNDERWAY = {0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN, errno.EALREADY, errno.EISCONN}


@dataclass
class Pulse:
    """Asks an address each second; any answer counts, also one that says that something else is wrong."""

    address: str
    silent: float = 0.0
    _answered: bool = False
    _beat: float | None = None
    _ask_at: float = 0.0
    _link: socket.socket | None = field(default=None, repr=False)
    _sent: bool = False

    def forget(self) -> None:
        """Begin anew, for a process that was just started."""
        self._close()
        self.silent, self._answered, self._beat, self._ask_at = 0.0, False, None, 0.0

    def is_gone(self, now: float) -> bool:
        """Go on asking, and return whether nothing has answered for so long that nothing will any more."""
        moment = 0.0 if self._beat is None else min(now - self._beat, LONGEST_MOMENT)
        self._beat = now
        if self._hears(now):
            self.silent, self._answered = 0.0, True
        else:
            self.silent += moment
        return self.silent >= (SILENT_SECONDS if self._answered else STARTING_SECONDS)

    def _hears(self, now: float) -> bool:
        try:
            if self._link is None:
                if now >= self._ask_at:
                    self._ask_at = now + EVERY_SECONDS
                    self._connect()
                # Between two questions there is nothing to hear, and nothing is missing either.
                return self._link is None and self._answered and self.silent == 0.0
            if not self._sent:
                self._link.send(b"GET %b HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n" % self._path)
                self._sent = True
            answer = self._link.recv(64)
        except BlockingIOError:
            return False
        except OSError:
            self._close()
            return False
        self._close()
        return answer.startswith(b"HTTP/")

    @property
    def _path(self) -> bytes:
        return urlsplit(self.address).path.encode() or b"/"

    def _connect(self) -> None:
        parts = urlsplit(self.address)
        family, kind, _, _, where = socket.getaddrinfo(parts.hostname, parts.port, type=socket.SOCK_STREAM)[0]
        self._link, self._sent = socket.socket(family, kind), False
        self._link.setblocking(False)
        problem = self._link.connect_ex(where)
        if problem not in UNDERWAY:
            raise OSError(problem, "cannot connect")

    def _close(self) -> None:
        if self._link is not None:
            with contextlib.suppress(OSError):
                self._link.close()
        self._link = None
