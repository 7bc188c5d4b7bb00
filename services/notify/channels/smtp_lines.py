"""Connections to a mail server, kept for a few seconds so that a crowd of letters needs few of them.

Each connection is a greeting, a handshake and a sign-in; servers limit how many they take from one address.
"""

from __future__ import annotations

import contextlib
import smtplib
import threading
from collections.abc import Callable, Iterator

# So many seconds after the last letter its connection is closed: servers count those that stand idle.
KEEP = 3.0
# Servers end a session that goes on for long; then the next letter would have to be tried again.
LETTERS = 50


class Lines:
    """Safe for threads: each has the connection that it was given to itself."""

    def __init__(self, connect: Callable[[], smtplib.SMTP]) -> None:
        self._connect = connect
        self._idle: list[tuple[smtplib.SMTP, int]] = []
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
                smtp, letters = self._idle.pop()
            if _answers(smtp):
                return smtp, letters
            close(smtp)

    def _keep(self, smtp: smtplib.SMTP, letters: int) -> None:
        if letters >= LETTERS or smtp.sock is None:
            close(smtp)
            return
        with self._lock:
            self._idle.append((smtp, letters))
            if self._closing is not None:
                self._closing.cancel()
            self._closing = threading.Timer(KEEP, self.close)
            self._closing.daemon = True
            self._closing.start()

    def close(self) -> None:
        """Say goodbye on every connection that nobody uses."""
        with self._lock:
            idle, self._idle = self._idle, []
        for smtp, _ in idle:
            close(smtp)


def close(smtp: smtplib.SMTP) -> None:
    with contextlib.suppress(smtplib.SMTPException, OSError):
        smtp.quit()
    smtp.close()


def _answers(smtp: smtplib.SMTP) -> bool:
    """RSET (RFC 5321, 4.1.1.5) also takes back what is left of a letter that was refused."""
    try:
        return smtp.rset()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False
