"""E-mail by SMTP (RFC 5321), with exactly one recipient in each envelope."""

from __future__ import annotations

import logging
import re
import smtplib
import ssl
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.charset import QP, Charset
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import compat32
from email.utils import formatdate
from functools import lru_cache
from urllib.parse import unquote, urlsplit
from uuid import UUID

from services.notify.channels.mail_parts import as_calendar, as_html, method
from services.notify.channels.port import (
    Accepted,
    ChannelName,
    Fault,
    Missing,
    NotSent,
    Outcome,
    Outgoing,
    Perhaps,
    ProviderStatus,
    Rejected,
    Seen,
)
from services.notify.channels.smtp_lines import Lines, begin_anew, close
from shared.contact.addresses import ascii_domain

log = logging.getLogger(__name__)

UTF8 = Charset("utf-8")
UTF8.body_encoding = QP
ON_THE_LINE = compat32.clone(linesep="\r\n", mangle_from_=False)
TIMEOUT_SECONDS = 15.0
GREYLISTED_SECONDS = 300
REFUSED_WAIT_SECONDS = 900
# Name refused, signing in needed, signing in failed (RFC 5321 and 4954).
US = frozenset((504, 530, 535))
ENHANCED = re.compile(rb"5\.(\d{1,3})\.\d{1,3}\b")
PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f-\uffff]+@[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f]+")
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


@dataclass(frozen=True)
class MailServer:
    """`scheme` is smtp (plain), smtps (TLS from the start) or smtp+starttls (TLS or nothing)."""

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: str | None = None

    @classmethod
    def parse(cls, url: str) -> MailServer:
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError("not the address of a mail server")
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=parts.port or PORTS[parts.scheme],
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )


class SmtpEmail:
    name = ChannelName.EMAIL
    # Each is a connection, and mail servers accept only a few from one address.
    calls_at_once = 12

    def __init__(
        self, server: MailServer, sender: str, *, helo: str | None = None, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        """`helo`: the name by which we greet the server; by default the machine's full name."""
        self._server = server
        self._helo = helo
        self._sender = sender
        self._timeout = timeout
        self._lines = Lines(self._connect)

    def send(self, outgoing: Outgoing) -> Outcome:
        try:
            to = mailbox(outgoing.to)
        except (ValueError, MessageError):
            return Rejected("address-unusable", Fault.ADDRESS)
        try:
            sender = sending_address(self._sender)
            mail = compose(outgoing, to, sender)
        except Exception as problem:
            # Nothing was sent; it can go once the sender's address in the settings is put right.
            log.error("a mail could not be made: %s", type(problem).__name__)
            return NotSent("letter-cannot-be-made", REFUSED_WAIT_SECONDS)
        try:
            with self._lines.line() as smtp:
                outcome = _hand_over(smtp, sender, to, mail, f"{outgoing.attempt_id}")
                if isinstance(outcome, Rejected | NotSent):
                    begin_anew(smtp)
                return outcome
        except smtplib.SMTPAuthenticationError:
            return NotSent("mail-server-refuses-our-key", REFUSED_WAIT_SECONDS, ours=True)
        except smtplib.SMTPResponseException as refusal:
            # While greeting, before anything was said of this mail.
            if refusal.smtp_code >= 500:
                return refused_us(refusal.smtp_code)
            return NotSent("mail-server-cannot-be-reached")
        except (smtplib.SMTPException, OSError):
            return NotSent("mail-server-cannot-be-reached")

    def look(self, since: datetime, until: datetime, attempts: Collection[UUID]) -> Sequence[Seen | Missing]:
        return []

    def trouble(self) -> str | None:
        """Connect, greet, sign in and name a mail as from us to us, without sending one."""
        try:
            smtp = self._connect()
            try:
                smtp.ehlo_or_helo_if_needed()
                code = smtp.noop()[0]
                refusal = _begin_only(smtp, self._sender)
            finally:
                close(smtp)
        except (smtplib.SMTPException, OSError) as problem:
            return _why_not(problem)
        if refusal:
            return refusal
        return None if code == 250 else f"the mail server answers {code}: look at its log"

    def _connect(self) -> smtplib.SMTP:
        smtp = self._open()
        try:
            if self._server.scheme == "smtp+starttls":
                smtp.starttls(context=ssl.create_default_context())
            if self._server.user:
                smtp.login(self._server.user, self._server.password or "")
        except BaseException:
            close(smtp)
            raise
        return smtp

    def _open(self) -> smtplib.SMTP:
        server = self._server
        if server.scheme == "smtps":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(
                server.host, server.port, self._helo, timeout=self._timeout, context=context
            )
        return smtplib.SMTP(server.host, server.port, self._helo, timeout=self._timeout)


def _hand_over(smtp: smtplib.SMTP, sender: str, to: str, mail: bytes, sid: str) -> Outcome:
    """Hand over one mail.

    Until its text is written a failure is surely "not sent"; after that only the server's answer decides.
    """
    smtp.ehlo_or_helo_if_needed()
    refusal = (
        _refusal(smtp.mail(sender), Fault.OURS)
        or _refusal(smtp.rcpt(to), Fault.ADDRESS)
        or _refusal(smtp.docmd("DATA"), Fault.OURS, wanted=354)
    )
    if refusal:
        return refusal
    try:
        smtp.send(re.sub(rb"(?m)^\.", b"..", mail).removesuffix(b"\r\n") + b"\r\n.\r\n")
        answer = smtp.getreply()
    except (smtplib.SMTPException, OSError):
        return Perhaps("connection-broke")
    return _verdict(smtp, *answer, sid)


def _begin_only(smtp: smtplib.SMTP, sender: str) -> str | None:
    """Return in words how the server refuses us, if it does as soon as a mail begins."""
    for step in (smtp.mail, smtp.rcpt):
        code, answer = step(sender)
        if code >= 500 and is_refusal_of_us(code, answer):
            return (
                f"the mail server refuses us ({code}): look at its answer in its log, at WEERZIEN_SMTP_HELO,"
                " at the name and password in WEERZIEN_SMTP_URL, and whether our address is on a blocklist"
            )
    return None


def _verdict(smtp: smtplib.SMTP, code: int, answer: bytes, sid: str) -> Outcome:
    """Read the server's answer to a whole mail; its first digit decides (RFC 5321, 4.3.2)."""
    if 200 <= code < 300:
        return Accepted(sid, ProviderStatus.SENT)
    if 400 <= code < 600:
        return _refused(code, answer, Fault.OTHER)
    # The next answer on this connection could belong to any command.
    smtp.close()
    return Perhaps("smtp-answer-unreadable")


def _why_not(problem: Exception) -> str:
    """Put the problem in words, without the server's own, which may repeat the user name."""
    if isinstance(problem, smtplib.SMTPAuthenticationError):
        return "the mail server refuses the name and password in WEERZIEN_SMTP_URL"
    if isinstance(problem, smtplib.SMTPResponseException) and problem.smtp_code >= 500:
        return (
            f"the mail server refuses us when we greet it ({problem.smtp_code}): set WEERZIEN_SMTP_HELO to"
            " the full name of this machine, and look whether its address is on a blocklist"
        )
    if isinstance(problem, smtplib.SMTPNotSupportedError):
        return (
            "the mail server has no STARTTLS or takes no name and password, and WEERZIEN_SMTP_URL asks for it"
        )
    if isinstance(problem, ssl.SSLError):
        return "the mail server's certificate is not trusted: is the name in WEERZIEN_SMTP_URL the right one?"
    kind = type(problem).__name__
    return f"the mail server of WEERZIEN_SMTP_URL cannot be reached ({kind}): is the way out open?"


def _refusal(answer: tuple[int, bytes], fault: Fault, *, wanted: int = 250) -> Outcome | None:
    """Return None if the server agrees, else its refusal: 4xx is "not now", 5xx is "no" (RFC 5321, 4.2.1).

    Only the code is kept: the text of the answer may hold the address.
    """
    code = answer[0]
    return None if code == wanted or (wanted == 250 and code == 251) else _refused(*answer, fault)


def _refused(code: int, answer: bytes, fault: Fault) -> Rejected | NotSent:
    if code < 500:
        return NotSent(f"smtp-{code}", GREYLISTED_SECONDS)
    whole = fault is Fault.OTHER
    if fault is Fault.OURS or is_refusal_of_us(code, answer, whole=whole):
        return refused_us(code)
    return Rejected(f"smtp-{code}", fault)


def refused_us(code: int) -> NotSent:
    return NotSent(f"refuses-us-{code}", REFUSED_WAIT_SECONDS, ours=True)


def is_refusal_of_us(code: int, answer: bytes, *, whole: bool = False) -> bool:
    """Whether a "no" is to whoever asks, not to the address: who we are, or what the server's policy is.

    That is a name it does not take (504), no permission to use it (530, 535), no relay for us (554), and
    every answer with an enhanced code of the class for security and policy (5.7.x, RFC 3463), as on a
    blocklist. Of a `whole` mail, 554 says only that it failed.
    """
    enhanced = ENHANCED.match(answer)
    if enhanced:
        return enhanced[1] == b"7" or code in US
    return code in US or (code == 554 and not whole)


def mailbox(text: str) -> str:
    """Return one plain address with its domain in ASCII. Raises ValueError for anything else, even two."""
    if not ADDRESS.fullmatch(text):
        raise ValueError("not one plain address")
    local, domain = text.rsplit("@", 1)
    return Address(addr_spec=f"{local}@{ascii_domain(domain)}").addr_spec


@lru_cache(maxsize=8)
def sending_address(text: str) -> str:
    """As `mailbox`, of the few addresses that mail comes from: each is worked out once."""
    return mailbox(text)


def compose(outgoing: Outgoing, to: str, sender: str) -> bytes:
    """Return the mail as it goes over the line. Raises ValueError or MessageError if `sender` is no address.

    Line breaks become spaces in headers; the body keeps them. Headers follow the library's older policy:
    their parts are checked here, and the newer one parses them word by word, which takes twenty times as
    long.
    """
    sender = sending_address(sender)
    mail = EmailMessage(policy=ON_THE_LINE)
    mail["From"] = str(Address("Weerzien", addr_spec=sender))
    mail["To"] = to
    subject = CONTROL.sub(" ", outgoing.subject or "").strip()
    mail["Subject"] = Header(subject, header_name="Subject")
    mail["Date"] = formatdate(localtime=False)
    mail["Message-ID"] = f"<{outgoing.attempt_id}@{sender.rsplit('@', 1)[1]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = outgoing.language
    if outgoing.unsubscribe:
        mail["List-Unsubscribe"] = f"<{outgoing.unsubscribe}>"
    if outgoing.unsubscribe and outgoing.unsubscribe.startswith("https://"):
        # One click is promised at https addresses alone (RFC 8058, 3.1).
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["MIME-Version"] = "1.0"
    mail["Content-Type"] = "multipart/alternative"
    for part in _parts(outgoing, subject, sender):
        mail.attach(part)
    return mail.as_bytes()


def _parts(outgoing: Outgoing, subject: str, sender: str) -> list[EmailMessage]:
    """Return the same mail in every form, the one that says most last (RFC 2046, 5.1.4)."""
    parts = [_part(outgoing.body, "plain"), _part(as_html(outgoing.body, outgoing.language), "html")]
    if outgoing.appointment:
        entry = _part(as_calendar(outgoing.appointment, subject, sender), "calendar")
        # Some mail programs look for the method here alone.
        entry.set_param("method", method(outgoing.appointment))
        parts.append(entry)
    return parts


def _part(words: str, kind: str) -> EmailMessage:
    part = EmailMessage(policy=ON_THE_LINE)
    part["Content-Type"] = f"text/{kind}"
    part.set_payload(words, UTF8)
    return part
