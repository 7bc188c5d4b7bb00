"""Connections to a mail server, kept for a few seconds so that many mails need few of them.

Each connection costs a greeting, a handshake and a sign-in, and servers limit how many they take from one
address.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
import threading
from collections.abc import Callable, Iterator
from select import POLLIN, poll

from shared.clock import monotonic

# An idle connection is closed after this many seconds, or at most twice as many: servers count idle ones too.
KEEP = 3.0
# Servers end a long session, and the next mail would have to be tried again: we end it first.
LETTERS = 50


class Lines:
    """A pool of connections. Safe for threads: a thread has its connection to itself."""

    def __init__(self, connect: Callable[[], smtplib.SMTP]) -> None:
        self._connect = connect
        # Each with how many mails it carried, and since when it is idle.
        self._idle: list[tuple[smtplib.SMTP, int, float]] = []
        self._lock = threading.Lock()
        self._closing: threading.Timer | None = None

    @contextlib.contextmanager
    def line(self) -> Iterator[smtplib.SMTP]:
        """Give a connection on which a mail may begin: an idle one that still answers, or a new one.

        Raises what connecting raises. A connection on which anything goes wrong is not used again.
        """
        smtp, mails = self._standing() or (self._connect(), 0)
        try:
            yield smtp
        except BaseException:
            close(smtp)
            raise
        self._keep(smtp, mails + 1)

    def _standing(self) -> tuple[smtplib.SMTP, int] | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                smtp, mails, _ = self._idle.pop()
            if _is_quiet(smtp) or _answers(smtp):
                return smtp, mails
            close(smtp)

    def _keep(self, smtp: smtplib.SMTP, mails: int) -> None:
        if mails >= LETTERS or smtp.sock is None:
            close(smtp)
            return
        with self._lock:
            self._idle.append((smtp, mails, monotonic()))
            self._see_to_the_end()

    def _see_to_the_end(self) -> None:
        """Start the timer that closes idle connections. One at a time, because each is a thread."""
        if self._idle and self._closing is None:
            timer = threading.Timer(KEEP, self._close_the_unused)
            timer.daemon = True
            # If no thread can be started the next mail tries again: this mail has gone already.
            with contextlib.suppress(RuntimeError):
                timer.start()
                self._closing = timer

    def _close_the_unused(self) -> None:
        with self._lock:
            unused = [idle for idle in self._idle if monotonic() - idle[2] >= KEEP]
            self._idle = [idle for idle in self._idle if idle not in unused]
            self._closing = None
            self._see_to_the_end()
        for smtp, *_ in unused:
            close(smtp)


def close(smtp: smtplib.SMTP) -> None:
    with contextlib.suppress(smtplib.SMTPException, OSError):
        smtp.quit()
    smtp.close()


def begin_anew(smtp: smtplib.SMTP) -> None:
    """Reset the connection after a refused mail; if that fails, close it so that it is not kept."""
    if not _answers(smtp):
        smtp.close()


def _is_quiet(smtp: smtplib.SMTP) -> bool:
    """Whether nothing came since the last answer. If something did, the server hung up or is about to."""
    if smtp.sock is None or (isinstance(smtp.sock, ssl.SSLSocket) and smtp.sock.pending()):
        return False
    line = poll()
    line.register(smtp.sock, POLLIN)
    return not line.poll(0)


def _answers(smtp: smtplib.SMTP) -> bool:
    """Whether the server still answers. Sends RSET (RFC 5321, 4.1.1.5), which only ends what was begun."""
    try:
        return smtp.rset()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False
