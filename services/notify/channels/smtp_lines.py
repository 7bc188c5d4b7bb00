"""Connections to a mail server, kept for a few seconds so that a crowd of letters needs few of them.

Each connection is a greeting, a handshake and a sign-in; servers limit how many they take from one address.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
import threading
from collections.abc import Callable, Iterator
from select import POLLIN, poll

from shared.clock import monotonic

# Unused for so many seconds, at most twice as many, a connection is closed: servers count what stands idle.
KEEP = 3.0
# Servers end a session that goes on for long; then the next letter would have to be tried again.
LETTERS = 50


class Lines:
    """Safe for threads: each has the connection that it was given to itself."""

    def __init__(self, connect: Callable[[], smtplib.SMTP]) -> None:
        self._connect = connect
        # With how many letters it carried, and since when it is not used.
        self._idle: list[tuple[smtplib.SMTP, int, float]] = []
        self._lock = threading.Lock()
        self._closing: threading.Timer | None = None

    @contextlib.contextmanager
    def line(self) -> Iterator[smtplib.SMTP]:
        """A connection on which a letter may begin: one that still answers, or a new one.

        Raises what connecting raises. One on which something goes wrong is not used again.
        """
        smtp, letters = self._standing() or (self._connect(), 0)
        try:
            yield smtp
        except BaseException:
            close(smtp)
            raise
        self._keep(smtp, letters + 1)

    def _standing(self) -> tuple[smtplib.SMTP, int] | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                smtp, letters, _ = self._idle.pop()
            if _is_quiet(smtp) or _answers(smtp):
                return smtp, letters
            close(smtp)

    def _keep(self, smtp: smtplib.SMTP, letters: int) -> None:
        if letters >= LETTERS or smtp.sock is None:
            close(smtp)
            return
        with self._lock:
            self._idle.append((smtp, letters, monotonic()))
            self._see_to_the_end()

    def _see_to_the_end(self) -> None:
        """One timer at a time, however many letters go: each is a thread."""
        if self._idle and self._closing is None:
            timer = threading.Timer(KEEP, self._close_the_unused)
            timer.daemon = True
            # Where no thread can be had the next letter tries again: this one has gone.
            with contextlib.suppress(RuntimeError):
                timer.start()
                self._closing = timer

    def _close_the_unused(self) -> None:
        with self._lock:
            unused = [one for one in self._idle if monotonic() - one[2] >= KEEP]
            self._idle = [one for one in self._idle if one not in unused]
            self._closing = None
            self._see_to_the_end()
        for smtp, *_ in unused:
            close(smtp)


def close(smtp: smtplib.SMTP) -> None:
    with contextlib.suppress(smtplib.SMTPException, OSError):
        smtp.quit()
    smtp.close()


def begin_anew(smtp: smtplib.SMTP) -> None:
    """Take back what is left of a letter that was refused; a connection on which that fails is not kept."""
    if not _answers(smtp):
        smtp.close()


def _is_quiet(smtp: smtplib.SMTP) -> bool:
    """Whether nothing has come since the last answer: a server that hung up, or said that it will, is not."""
    if smtp.sock is None or (isinstance(smtp.sock, ssl.SSLSocket) and smtp.sock.pending()):
        return False
    line = poll()
    line.register(smtp.sock, POLLIN)
    return not line.poll(0)


def _answers(smtp: smtplib.SMTP) -> bool:
    """RSET (RFC 5321, 4.1.1.5) ends what was begun and changes nothing else."""
    try:
        return smtp.rset()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False
