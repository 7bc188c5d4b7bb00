"""Who a message goes to and what it may say, asked of the owner of those facts at the moment of sending.

`service.py` names the owner for each kind of recipient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlmodel import Session

from services.notify.channels.port import Appointment, ChannelName
from services.notify.messages.moments import Rhythm
from services.notify.messages.tables import Message, RecipientKind
from shared.desk.actions import View
from shared.runtime import Runtime
from shared.security.keystore import ApiKey


@dataclass(frozen=True)
class Recipient:
    """A recipient as their owner knows them now. `values` are what the wording may name, as plain text.

    `to` is a number in E.164 or one e-mail address; `rhythm` says when a windowed message may go. `unproven`:
    a number that nobody vouched for, as anybody can type one into the public form. `words`: the entry in the
    catalogue, where it is not the one that is named after the purpose. `appointment`: what a mail brings for
    the calendar.
    """

    channel: ChannelName
    to: str
    language: str
    rhythm: Rhythm
    values: Mapping[str, str] = field(default_factory=dict)
    unproven: bool = False
    words: str | None = None
    appointment: Appointment | None = None


@dataclass(frozen=True)
class Nobody:
    """The message is to be sent to nobody; `reason` is a code.

    `missed`: what it says still holds, so a person or the offer's owner must hear that it cannot be sent.
    """

    reason: str
    missed: bool = False


class Recipients(Protocol):
    """The recipients of one kind, as the room that knows them looks them up."""

    def resolve(self, runtime: Runtime, messages: Sequence[Message]) -> Mapping[UUID, Recipient | Nobody]:
        """Return, by message id, the recipient of each message of a batch of this kind.

        Runs outside any transaction and may ask a peer. Raises PeerUnavailable: the messages then wait until
        their lease runs out.
        """
        ...

    def view(self, session: Session, message: Message, language: str) -> View:
        """Show who a message is for, to a person at the desk who is about to call them."""
        ...

    def seen_by(self, runtime: Runtime, key: ApiKey, message: Message) -> bool:
        """Whether the message is about something of the owner of this key, which is not the centre's own.

        Runs outside any transaction and may ask a peer. Raises PeerUnavailable.
        """
        ...

    def objection(self, session: Session, message: Message, now: datetime) -> str | None:
        """Return the code of why a failed message must not be sent again, from our own tables, or None."""
        ...


ByKind = Mapping[RecipientKind, Recipients]
