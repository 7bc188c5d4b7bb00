"""What a mail is: an answer of a person, something that nobody wrote, or the news that a mail came back.

What comes from outside is read with the library's older policy: its newer one parses each header word by
word, which a crooked header can make last. No header is believed to say who sent a mail: that it answers one
of ours is known by an id that only whoever received it has seen.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses
from enum import StrEnum
from uuid import UUID

from services.notify.mailbox.quoting import is_automatic, text_of_html, written
from shared.contact.addresses import normalise_email
from shared.contact.problems import ContactProblem
from shared.contact.text import tidy_text

LONGEST_HEADER = 2_000
LONGEST_REFERENCES = 20_000
# The library reads comments in comments, one within the other.
LONGEST_SENDER = 600
LONGEST_TEXT = 4_000
# A mail of a person has a handful of parts; each that holds others makes every line of it dearer to read.
MOST_PARTS = 60
# What a part is, on all its lines. The library takes it apart in a time that grows with its length squared.
_DESCRIBES = re.compile(rb"(?im)(?:^|\r)content-[a-z-]{1,40}:[^\r\n]*(?:(?:\r\n|\r|\n)[ \t][^\r\n]*)*")
_ID = re.compile(r"<([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})@([^<>@\s]{1,255})>")
_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})")
_MACHINES = ("mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply", "do-not-reply")
_BULK = ("bulk", "junk", "list", "auto_reply", "auto-reply")
_ANSWERS = re.compile(r"(?i)^\s*(?:re|antw|aw|tr|fw|fwd|rif)\s*:")


class Sort(StrEnum):
    ANSWER = "answer"
    AUTOMATIC = "automatic"
    CAME_BACK = "came-back"
    OUR_OWN = "our-own"


@dataclass(frozen=True)
class CameBack:
    """What a mail server says of mail that it could not deliver. `given_up`: it tries no more."""

    given_up: bool
    code: str


@dataclass(frozen=True)
class Letter:
    """A mail. `answers`: the attempts of ours that it answers or tells of, the latest first.

    `sender` is the address that it says it comes from, in its normal form, or None. `fingerprint` tells it
    from others, whatever the way by which it came.
    """

    sort: Sort
    fingerprint: bytes
    sender: str | None
    answers: Sequence[UUID]
    text: str
    came_back: CameBack | None = None


def read(content: bytes, our_address: str) -> Letter:
    """Return what a mail is. Raises ValueError for one that no program of a person makes.

    May raise anything else for a crooked one: the caller leaves it to a person.
    """
    if _parts(content) > MOST_PARTS:
        raise ValueError("too many parts")
    if any(len(one[0]) > LONGEST_HEADER for one in _DESCRIBES.finditer(content)):
        raise ValueError("a part is described at too great a length")
    mail = message_from_bytes(content, policy=compat32)
    heads, domain = _Heads(mail), our_address.rpartition("@")[2]
    sender = _address(heads.first("from", LONGEST_SENDER))
    report = _report(mail)
    if report is not None:
        return Letter(Sort.CAME_BACK, heads.fingerprint, sender, _told_of(mail, heads, domain), "", report)
    sort = _sort(heads, sender, our_address, domain)
    if sort is Sort.ANSWER and mail.get_content_type() == "multipart/report":
        # That a mail was opened, or arrived.
        sort = Sort.AUTOMATIC
    text = _text(mail, heads, our_address) if sort is Sort.ANSWER else ""
    return Letter(sort, heads.fingerprint, sender, _ids(heads.referred, domain), text)


def fingerprint_of(content: bytes) -> bytes:
    """Return what tells a mail from others, by its head alone."""
    return _Heads(BytesHeaderParser(policy=compat32).parsebytes(content)).fingerprint


def _parts(content: bytes) -> int:
    lower = content.lower()
    return lower.count(b"multipart/") + lower.count(b"message/")


class _Heads:
    """The headers of a mail as they were sent, each cut to a length that is quickly read."""

    def __init__(self, mail: Message) -> None:
        self._given: dict[str, list[str]] = {}
        for name, value in mail.raw_items():
            self._given.setdefault(name.lower(), []).append(str(value))

    def first(self, name: str, longest: int = LONGEST_HEADER) -> str:
        return " ".join(self._given.get(name, [""])[0][:longest].split())

    def has(self, name: str) -> bool:
        return name in self._given

    @property
    def referred(self) -> str:
        """What it answers, the latest last."""
        return f"{self.first('references', LONGEST_REFERENCES)} {self.first('in-reply-to')}"

    @property
    def fingerprint(self) -> bytes:
        told = "\0".join(self.first(name) for name in ("message-id", "from", "date", "subject"))
        if not self.first("message-id"):
            told += "\0" + self.first("received")
        return hashlib.sha256(told.encode("utf-8", "surrogateescape")).digest()


def _ids(text: str, domain: str) -> list[UUID]:
    """Return the attempts whose Message-ID stands here, the latest first."""
    found = [UUID(one) for one, there in _ID.findall(text.lower()) if there == domain.lower()]
    return list(dict.fromkeys(reversed(found)))


def _sort(heads: _Heads, sender: str | None, our_address: str, domain: str) -> Sort:
    if sender == our_address or _ids(heads.first("message-id"), domain):
        return Sort.OUR_OWN
    return Sort.AUTOMATIC if _nobody_wrote_it(heads, sender) else Sort.ANSWER


def _nobody_wrote_it(heads: _Heads, sender: str | None) -> bool:
    """Whether a program sent it of itself (RFC 3834), or a list passes it on: neither is ever answered."""
    submitted = heads.first("auto-submitted").partition(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or any(heads.has(name) for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "list-id"))
        or heads.first("precedence").lower() in _BULK
        or heads.first("return-path") == "<>"
        or (sender or "").partition("@")[0].startswith(_MACHINES)
        or is_automatic(_decoded(heads.first("subject")))
    )


def _address(header: str) -> str | None:
    """Return the only address of a header, or None."""
    try:
        found = [address for _, address in getaddresses([header]) if address]
        return normalise_email(found[0]) if len(found) == 1 else None
    except (ContactProblem, RecursionError):
        return None


def _decoded(header: str) -> str:
    try:
        return "".join(
            part if isinstance(part, str) else _in_words(part, charset)
            for part, charset in decode_header(header)
        )
    except Exception:
        return header


def _report(mail: Message) -> CameBack | None:
    """Return what a report of a mail server says (RFC 3464), or None where this is none."""
    if mail.get_content_type() != "multipart/report":
        failed = mail.get("X-Failed-Recipients")
        return CameBack(given_up=True, code="5.0.0") if failed else None
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            return _status([one for one in _inside(part) if one.get("Action") or one.get("Status")])
    return None


def _inside(part: Message) -> list[Message]:
    held = part.get_payload()
    return [one for one in held if isinstance(one, Message)] if isinstance(held, list) else []


def _status(of_each: Sequence[Message]) -> CameBack | None:
    """The worst of what is said of each recipient; a mail of ours has one."""
    told = [(_word(one, "Action"), _STATUS.search(_word(one, "Status"))) for one in of_each]
    failed = [
        code[1] if code else "5.0.0" for action, code in told if action == "failed" or _is_final(action, code)
    ]
    if failed:
        return CameBack(given_up=True, code=failed[0])
    if any(action == "delayed" for action, _ in told):
        return CameBack(given_up=False, code=next((code[1] for _, code in told if code), "4.0.0"))
    return None


def _is_final(action: str, code: re.Match[str] | None) -> bool:
    return not action and code is not None and code[1].startswith("5")


def _word(part: Message, name: str) -> str:
    return str(part.get(name, ""))[:LONGEST_HEADER].strip().lower()


def _told_of(mail: Message, heads: _Heads, domain: str) -> list[UUID]:
    """Return the attempts that a report tells of: by the id of the mail that it brings back, or its own."""
    returned = " ".join(_returned(mail))
    return _ids(returned, domain) or _ids(heads.referred, domain)


def _returned(mail: Message) -> Iterator[str]:
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822":
            yield from (_word(one, "Message-ID") for one in _inside(part))
        elif kind == "text/rfc822-headers" or (kind == "text/plain" and mail.get("X-Failed-Recipients")):
            # Old servers put what comes back below their own words.
            yield from re.findall(
                r"(?im)^message-id:\s*(<[^<>\s]{1,300}>)", _words(part)[:LONGEST_REFERENCES]
            )


def _text(mail: Message, heads: _Heads, our_address: str) -> str:
    """Return what the person wrote; where the mail itself is empty, its subject, if that is their own."""
    plain, html = _first_words(mail, "plain"), _first_words(mail, "html")
    text = written(plain, our_address)
    if not text and html:
        text = written(text_of_html(html), our_address)
    subject = _decoded(heads.first("subject"))
    if not text and not _ANSWERS.match(subject):
        text = subject
    return tidy_text(text[:LONGEST_TEXT])


def _first_words(mail: Message, kind: str) -> str:
    for part in mail.walk():
        if part.get_content_type() == f"text/{kind}" and part.get_content_disposition() != "attachment":
            return _words(part)
    return ""


def _words(part: Message) -> str:
    held = part.get_payload(decode=True)
    return _in_words(held, part.get_content_charset()) if isinstance(held, bytes) else ""


def _in_words(held: bytes, charset: str | None) -> str:
    """Decode, in the charset that is named if it is one of mails', or else as it can be read."""
    named = _known(charset)
    for one in (named, "utf-8"):
        if one:
            try:
                return held.decode(one)
            except UnicodeDecodeError:
                continue
    return held.decode("cp1252", "replace")


def _known(charset: str | None) -> str | None:
    """Return the codec of a charset. Some of the library's are none, or take long for little."""
    try:
        name = codecs.lookup(charset or "").name
    except (LookupError, ValueError):
        return None
    if name in ("iso8859-1", "ascii"):
        return None if name == "ascii" else "cp1252"
    usual = name.startswith(
        ("utf-8", "utf-16", "iso8859", "cp125", "koi8", "gb", "big5", "euc", "shift_jis", "iso2022")
    )
    return name if usual else None
