"""The mailbox in which people answer our mail, read by IMAP (RFC 3501), and never too much of a mail."""

from __future__ import annotations

import contextlib
import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.crypto import blind_index

TIMEOUT_SECONDS = 10.0
PORTS = {"imap": 143, "imaps": 993, "imap+starttls": 143}
# Of a mail that is larger only its beginning is read, where its head and its text are.
MOST_BYTES = 256 * 1024
# What a server may send in one piece: a mail's beginning, and room for what stands around it.
MOST_IN_ONE_PIECE = 2 * MOST_BYTES
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

CANNOT_BE_REACHED = "mailbox-cannot-be-reached"
REFUSES_OUR_KEY = "mailbox-refuses-our-key"
CERTIFICATE_REFUSED = "mailbox-certificate-refused"
NO_SUCH_FOLDER = "mailbox-has-no-such-folder"
UNREADABLE = "mailbox-answer-unreadable"


class MailboxTrouble(Exception):
    """The mailbox cannot be read now; `code` says why, without the server's own words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Account:
    """`scheme` is imaps (TLS from the start), imap+starttls (TLS or nothing) or imap (plain)."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    folder: str

    @classmethod
    def parse(cls, url: str) -> Account:
        """Raises ValueError."""
        parts = urlsplit(url)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        folder = unquote(parts.path).strip("/") or "INBOX"
        if parts.scheme not in PORTS or not parts.hostname or not user or not password:
            raise ValueError("not the address of a mailbox")
        if any(not sign.isprintable() for sign in user + password + folder) or not folder.isascii():
            raise ValueError("not the address of a mailbox")
        return cls(parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme], user, password, folder)

    @property
    def index(self) -> bytes:
        """Return a fingerprint of which mailbox this is, whatever its password."""
        return blind_index("mailbox", f"{self.user}@{self.host}:{self.port}/{self.folder}")


@dataclass(frozen=True)
class Raw:
    """A mail as it lies in the mailbox, or the beginning of one that is large."""

    uid: int
    content: bytes


class Mailbox:
    """An open mailbox. `validity` tells whether its numbers still mean what they meant (UIDVALIDITY)."""

    def __init__(self, imap: imaplib.IMAP4, validity: int, *, writable: bool) -> None:
        self._imap, self.validity, self._writable = imap, validity, writable

    def after(self, uid: int) -> list[int]:
        """Return the numbers of the mails that came after this one, in the order in which they came."""
        # A range that ends in * always holds the last mail, also where that came before.
        return [one for one in self._search("UID", f"{uid + 1}:*") if one > uid]

    def last(self) -> int:
        """Return the number of the last mail, or 0 where there is none."""
        return max(self._search("UID", "*"), default=0)

    def between(self, after: int, to: int, since: date, *, unread: bool) -> list[int]:
        """Return those after one number and up to another that came since a day, in their order.

        `unread`: only those that nobody has opened.
        """
        day = f"{since.day:02}-{MONTHS[since.month - 1]}-{since.year}"
        found = self._search("UID", f"{after + 1}:{to}", "SINCE", day, *(["UNSEEN"] if unread else []))
        return [one for one in found if after < one <= to]

    def read(self, uid: int) -> Raw | None:
        """Return a mail without marking it as read, or None if it is gone."""
        with _trouble():
            answer = self._imap.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{MOST_BYTES}>)")
        around, literals = _parted(_ok(answer))
        if not literals or not re.search(rb"UID %d\b" % uid, around):
            return None
        return Raw(uid, literals[0])

    def mark_read(self, uids: Sequence[int]) -> None:
        """Mark mails as read, so that a person who opens the mailbox sees what is left. Best effort."""
        if uids and self._writable:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                self._imap.uid("STORE", ",".join(map(str, uids)), "+FLAGS.SILENT", r"(\Seen)")

    def _search(self, *words: str) -> list[int]:
        with _trouble():
            answer = self._imap.uid("SEARCH", *words)
        found = b" ".join(part for part in _ok(answer) if isinstance(part, bytes)).split()
        if not all(one.isdigit() and len(one) < 12 for one in found):
            raise MailboxTrouble(UNREADABLE)
        return sorted({int(one) for one in found})


@contextlib.contextmanager
def opened(account: Account, *, timeout: float = TIMEOUT_SECONDS) -> Iterator[Mailbox]:
    """Open a mailbox and close it again. Raises MailboxTrouble."""
    with _trouble():
        imap = _connected(account, timeout)
    try:
        with _trouble():
            _sign_in(imap, account)
        yield _selected(imap, account.folder)
    finally:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            imap.logout()


def trouble(account: Account, *, timeout: float = TIMEOUT_SECONDS) -> str | None:
    """Return in words what stands in the way of reading the mailbox, or None. Changes nothing there."""
    try:
        with opened(account, timeout=timeout):
            return None
    except MailboxTrouble as problem:
        return WORDS[problem.code]


WORDS = {
    CANNOT_BE_REACHED: "the mailbox of WEERZIEN_IMAP_URL cannot be reached: is the way out open, and is the"
    " port the right one?",
    REFUSES_OUR_KEY: "the mailbox refuses the name and password in WEERZIEN_IMAP_URL: some providers want a"
    " password for this program alone, or have to be told to allow IMAP",
    CERTIFICATE_REFUSED: "the mailbox's certificate is not trusted: is the name in WEERZIEN_IMAP_URL"
    " the right one?",
    NO_SUCH_FOLDER: "there is no folder in the mailbox with the name in WEERZIEN_IMAP_URL",
    UNREADABLE: "what answers at WEERZIEN_IMAP_URL is no mailbox: is it the address of an IMAP server?",
}


class _Plain(imaplib.IMAP4):
    """Takes no more in one piece than a mail's beginning can be, whatever the server says that it sends."""

    def read(self, size: int) -> bytes:
        if size > MOST_IN_ONE_PIECE:
            raise self.abort("more than was asked for")
        return super().read(size)


class _Secure(imaplib.IMAP4_SSL):
    def read(self, size: int) -> bytes:
        if size > MOST_IN_ONE_PIECE:
            raise self.abort("more than was asked for")
        return super().read(size)


def _connected(account: Account, timeout: float) -> imaplib.IMAP4:
    if account.scheme == "imaps":
        context = ssl.create_default_context()
        return _Secure(account.host, account.port, ssl_context=context, timeout=timeout)
    imap = _Plain(account.host, account.port, timeout=timeout)
    if account.scheme == "imap+starttls":
        try:
            imap.starttls(ssl.create_default_context())
        except BaseException:
            imap.shutdown()
            raise
    return imap


def _sign_in(imap: imaplib.IMAP4, account: Account) -> None:
    """Prefer AUTHENTICATE PLAIN, which takes a name and a password in any script."""
    both = f"\0{account.user}\0{account.password}".encode()
    try:
        if "AUTH=PLAIN" in imap.capabilities:
            imap.authenticate("PLAIN", lambda _: both)
        else:
            imap.login(_quoted(account.user), account.password)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, UnicodeError):
        raise MailboxTrouble(REFUSES_OUR_KEY) from None


def _selected(imap: imaplib.IMAP4, folder: str) -> Mailbox:
    writable = True
    with _trouble():
        try:
            kind, _ = imap.select(_quoted(folder))
        except imaplib.IMAP4.readonly:
            writable = False
            kind, _ = imap.select(_quoted(folder), readonly=True)
    if kind != "OK":
        raise MailboxTrouble(NO_SUCH_FOLDER)
    validity = (imap.response("UIDVALIDITY")[1] or [None])[-1]
    if not isinstance(validity, bytes) or not validity.isdigit() or len(validity) > 11:
        raise MailboxTrouble(UNREADABLE)
    return Mailbox(imap, int(validity), writable=writable)


@contextlib.contextmanager
def _trouble() -> Iterator[None]:
    """Turn what goes wrong at a mailbox into a code: the server's words may hold a name or an address."""
    try:
        yield
    except ssl.SSLCertVerificationError:
        raise MailboxTrouble(CERTIFICATE_REFUSED) from None
    except imaplib.IMAP4.abort:
        raise MailboxTrouble(CANNOT_BE_REACHED) from None
    except imaplib.IMAP4.error:
        raise MailboxTrouble(UNREADABLE) from None
    except OSError:
        raise MailboxTrouble(CANNOT_BE_REACHED) from None
    except (ValueError, UnicodeError):
        raise MailboxTrouble(UNREADABLE) from None


def _ok(answer: tuple[str, Sequence[Any]]) -> list[Any]:
    kind, parts = answer
    if kind != "OK":
        raise MailboxTrouble(UNREADABLE)
    return [part for part in parts if part is not None]


def _parted(answer: Sequence[Any]) -> tuple[bytes, list[bytes]]:
    """Return what stands around the literals of an answer, on whichever side, and the literals."""
    around = b" ".join(part[0] if isinstance(part, tuple) else part for part in answer)
    return around, [part[1] for part in answer if isinstance(part, tuple)]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
