"""A mail server on loopback that keeps what it is given."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from local.ports import hold


class Mailbox:
    """Keeps mails raw until they are looked at: parsing a crowd's would disturb what is measured."""

    def __init__(self) -> None:
        self._arrived: list[tuple[list[str], bytes]] = []
        self._held = hold()
        taker = _Taker(self._arrived)
        self._controller = Controller(taker, hostname="127.0.0.1", port=self._held.port)

    @property
    def how_many(self) -> int:
        return len(self._arrived)

    @property
    def mails(self) -> list[tuple[list[str], EmailMessage]]:
        """Envelope recipients and message of each mail, the oldest first."""
        return [
            (recipients, message_from_bytes(content, policy=policy.default))
            for recipients, content in list(self._arrived)
        ]

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._controller.port}"

    def to(self, ending: str) -> list[EmailMessage]:
        return [mail for recipients, mail in self.mails if recipients[0].endswith(ending)]

    def __enter__(self) -> Mailbox:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()
        self._held.release()


class _Taker:
    """The server's handler. It has few members because the server reads them all at each connection."""

    def __init__(self, arrived: list[tuple[list[str], bytes]]) -> None:
        self._arrived = arrived

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self._arrived.append((list(envelope.rcpt_tos), envelope.content))
        return "250 OK"
