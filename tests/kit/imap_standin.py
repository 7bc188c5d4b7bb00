"""A stand-in for a mailbox: an IMAP server on loopback, as much of one as a reader of mail needs."""

from __future__ import annotations

import base64
import re
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from local.ports import hold

USER, PASSWORD = "weerzien@centrum.example", 'a "pass\\word" met é'
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass
class Lying:
    """A mail that lies in the mailbox."""

    uid: int
    content: bytes
    day: date
    flags: set[str] = field(default_factory=set)


class ImapStandIn:
    """`asked` holds every command that was given; `on` maps a command to what is done before it is answered.

    What is done may raise `HangUp`, or return a line that is the whole answer.
    """

    def __init__(self) -> None:
        self.mails: list[Lying] = []
        self.validity, self.next_uid = 4_000_000_000, 1
        self.password, self.folder, self.read_only = PASSWORD, "INBOX", False
        self.plain = True
        self.asked: list[str] = []
        self.on: dict[str, Callable[[], str | None]] = {}
        self._held = hold()

    @property
    def url(self) -> str:
        from urllib.parse import quote

        return f"imap://{quote(USER)}:{quote(PASSWORD)}@127.0.0.1:{self._held.port}/{quote(self.folder)}"

    def comes(self, content: bytes | str, *, day: date | None = None, seen: bool = False) -> int:
        """Let a mail come in and return its number."""
        raw = content.encode() if isinstance(content, str) else content
        uid, self.next_uid = self.next_uid, self.next_uid + 1
        lying = Lying(uid, re.sub(rb"\r?\n", b"\r\n", raw), day or datetime.now(UTC).date())
        lying.flags |= {"\\Seen"} if seen else set()
        self.mails.append(lying)
        return uid

    def is_numbered_anew(self) -> None:
        self.validity += 1
        for number, mail in enumerate(self.mails, 1):
            mail.uid = number
        self.next_uid = len(self.mails) + 1

    def unread(self) -> list[int]:
        return [mail.uid for mail in self.mails if "\\Seen" not in mail.flags]

    def __enter__(self) -> ImapStandIn:
        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads = True, True

        self._server = Server(("127.0.0.1", self._held.port), _handler(self))
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._held.release()


class HangUp(Exception):
    """The server ends the connection without a word."""


def _handler(box: ImapStandIn) -> type[socketserver.StreamRequestHandler]:
    class Handler(_Session):
        standin = box

    return Handler


class _Session(socketserver.StreamRequestHandler):
    standin: ImapStandIn

    def handle(self) -> None:
        try:
            self._say("* OK ready")
            while line := self.rfile.readline():
                tag, _, rest = line.decode().strip().partition(" ")
                if not self._answer(tag, rest):
                    return
        except (HangUp, OSError):
            return

    def _answer(self, tag: str, rest: str) -> bool:
        words = rest.split(" ")
        name = " ".join(words[:2]).upper() if words[0].upper() == "UID" else words[0].upper()
        self.standin.asked.append(rest if name not in ("LOGIN", "AUTHENTICATE") else name)
        special = self.standin.on.get(name, lambda: None)()
        if special is not None:
            self._say(f"{tag} {special}")
            return True
        method: Any = getattr(self, f"_{name.lower().replace(' ', '_')}", None)
        if method is None:
            self._say(f"{tag} BAD unknown")
            return True
        self._say(f"{tag} {method(rest)}")
        return name != "LOGOUT"

    def _say(self, line: str, more: bytes = b"") -> None:
        self.wfile.write(line.encode() + b"\r\n" if not more else line.encode() + more)

    def _capability(self, rest: str) -> str:
        self._say("* CAPABILITY IMAP4rev1" + (" AUTH=PLAIN" if self.standin.plain else ""))
        return "OK done"

    def _authenticate(self, rest: str) -> str:
        self._say("+ ")
        given = base64.b64decode(self.rfile.readline())
        return self._is_right(given == f"\0{USER}\0{self.standin.password}".encode())

    def _login(self, rest: str) -> str:
        given = rest.removeprefix("LOGIN ")
        written = self.standin.password.replace("\\", "\\\\").replace('"', '\\"')
        return self._is_right(given == f'"{USER}" "{written}"')

    def _is_right(self, right: bool) -> str:
        return "OK signed in" if right else f"NO [AUTHENTICATIONFAILED] {USER} is not let in"

    def _select(self, rest: str) -> str:
        if rest.partition(" ")[2] != f'"{self.standin.folder}"':
            return "NO no such folder"
        self._say(f"* {len(self.standin.mails)} EXISTS")
        self._say(f"* OK [UIDVALIDITY {self.standin.validity}] numbers")
        self._say(f"* OK [UIDNEXT {self.standin.next_uid}] next")
        return "OK [READ-ONLY] open" if self.standin.read_only else "OK [READ-WRITE] open"

    _examine = _select

    def _uid_search(self, rest: str) -> str:
        found = list(self.standin.mails)
        if match := re.search(r"UID SEARCH UID (\d+|\*)(?::(\d+|\*))?", rest):
            last = max((mail.uid for mail in found), default=0)
            ends = [last if end == "*" else int(end) for end in (match[1], match[2] or match[1])]
            # As the standard says: a range is the same from either end.
            found = [mail for mail in found if min(ends) <= mail.uid <= max(ends)]
        if match := re.search(r"SINCE (\d+)-(\w+)-(\d+)", rest):
            since = date(int(match[3]), MONTHS.index(match[2]) + 1, int(match[1]))
            found = [mail for mail in found if mail.day >= since]
        if "UNSEEN" in rest:
            found = [mail for mail in found if "\\Seen" not in mail.flags]
        self._say(" ".join(["* SEARCH", *(str(mail.uid) for mail in found)]))
        return "OK done"

    def _uid_fetch(self, rest: str) -> str:
        match = re.fullmatch(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", rest)
        assert match, rest
        for number, mail in enumerate(self.standin.mails, 1):
            if mail.uid == int(match[1]):
                part = mail.content[: int(match[2])]
                told = f"UID {mail.uid} BODY[]<0> {{{len(part)}}}"
                self._say(f"* {number} FETCH ({told}\r\n", part + b")\r\n")
        return "OK done"

    def _uid_store(self, rest: str) -> str:
        match = re.fullmatch(r"UID STORE ([\d,]+) \+FLAGS\.SILENT \(\\Seen\)", rest)
        assert match, rest
        wanted = set(map(int, match[1].split(",")))
        for mail in self.standin.mails:
            mail.flags |= {"\\Seen"} if mail.uid in wanted else set()
        return "OK done"

    def _logout(self, rest: str) -> str:
        self._say("* BYE")
        return "OK bye"
