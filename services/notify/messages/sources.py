"""Who a message goes to and what it says, asked of whoever owns that, at the moment at which it goes.

Each kind of recipient has one source. Rooms above this one register theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from services.notify.channels.port import ChannelName
from services.notify.messages.moments import Rhythm
from services.notify.messages.tables import Message, RecipientKind
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


class Source(Protocol):
    def __call__(self, runtime: Runtime, messages: Sequence[Message]) -> Mapping[UUID, Recipient | Nobody]:
        """By message id, for each of a batch of one kind; runs outside transactions and may ask a peer.

        Raises PeerUnavailable: the messages then wait until their lease has run out.
        """
        ...


_sources: dict[RecipientKind, Source] = {}


def register(kind: RecipientKind, source: Source) -> None:
    """From now on `source` answers for this kind; registering again replaces it."""
    _sources[kind] = source


def source_of(kind: RecipientKind) -> Source:
    return _sources[kind]
