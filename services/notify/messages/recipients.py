"""Who a message goes to and what it says, asked of whoever owns that, at the moment at which it goes.

`service.py` says for each kind of recipient who knows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlmodel import Session

from services.notify.channels.port import ChannelName
from services.notify.messages.moments import Rhythm
from services.notify.messages.tables import Message, RecipientKind
from shared.desk.actions import View
from shared.runtime import Runtime


@dataclass(frozen=True)
class Recipient:
    """Somebody as their owner knows them now. `values` are what the wording may name, as plain text.

    `to` is a number in E.164 or one address; `rhythm` says when a windowed message may go.
    """

    channel: ChannelName
    to: str
    language: str
    rhythm: Rhythm
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Nobody:
    """Nobody is to be written to any more; `reason` is a code.

    `missed`: what was to be said is still so, and whoever answers for it must know that it cannot be.
    """

    reason: str
    missed: bool = False


class Recipients(Protocol):
    """What is known of the recipients of one kind, by the room that knows them."""

    def resolve(self, runtime: Runtime, messages: Sequence[Message]) -> Mapping[UUID, Recipient | Nobody]:
        """By message id, for each of a batch of this kind; runs outside transactions and may ask a peer.

        Raises PeerUnavailable: the messages then wait until their lease has run out.
        """
        ...

    def view(self, session: Session, message: Message, language: str) -> View:
        """Who a message is to, for a person at the desk who is about to call them."""
        ...

    def objection(self, session: Session, message: Message, now: datetime) -> str | None:
        """Why a message that failed must not be sent again, from our own tables alone: a code, or None."""
        ...


ByKind = Mapping[RecipientKind, Recipients]
