"""What a channel is: it takes one text to one address, and says truthfully what became of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from shared.vocabulary import ContactChannel


class ChannelName(StrEnum):
    SMS = "sms"
    EMAIL = "email"

    @classmethod
    def for_contact(cls, channel: ContactChannel) -> ChannelName | None:
        """The channel on which someone who chose this is written to; None where they are not."""
        return cls(channel) if channel in (ContactChannel.SMS, ContactChannel.EMAIL) else None


class ProviderStatus(StrEnum):
    """How far a provider says a message is. Each provider has its own words for it; these are kept."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    PARTIALLY_DELIVERED = "partially_delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    CANCELED = "canceled"


class Fault(StrEnum):
    """Whose matter a refusal is."""

    ADDRESS = "address"
    OPTED_OUT = "opted-out"
    OURS = "ours"
    OTHER = "other"


@dataclass(frozen=True)
class Outgoing:
    """One text to one address. `status_callback` is the full URL at which the provider reports."""

    attempt_id: UUID
    to: str
    subject: str | None
    body: str
    language: str
    status_callback: str | None = None


@dataclass(frozen=True)
class Accepted:
    """The provider has it, under its own name `sid`."""

    sid: str
    status: ProviderStatus = ProviderStatus.QUEUED


@dataclass(frozen=True)
class Rejected:
    """The provider does not want it, and will not want it later either."""

    code: str
    fault: Fault


@dataclass(frozen=True)
class NotSent:
    """Surely not sent: it may be tried again, not sooner than in `retry_after` seconds."""

    reason: str
    retry_after: int | None = None


@dataclass(frozen=True)
class Perhaps:
    """It may have been sent. Trying again could reach somebody twice."""

    reason: str


Outcome = Accepted | Rejected | NotSent | Perhaps


@dataclass(frozen=True)
class Seen:
    """A message that the provider says it has, found by looking rather than by its answer.

    `attempt_id` where the provider knows whose it is; else it must be told by number and time.
    """

    sid: str
    to: str
    status: ProviderStatus
    error_code: str | None
    created_at: datetime
    attempt_id: UUID | None = None


@dataclass(frozen=True)
class Report:
    """What a provider tells by itself of a text that it has."""

    sid: str
    status: ProviderStatus
    error_code: str | None


@dataclass(frozen=True)
class Inbound:
    """What somebody texted to us. `answered_stop`: the provider has itself seen a STOP and confirmed it."""

    sid: str
    sender: str
    body: str
    answered_stop: bool = False


@dataclass(frozen=True)
class Missing:
    """The provider is sure that it never had this attempt."""

    attempt_id: UUID


class Channel(Protocol):
    """Up to `calls_at_once` are on the line, and may be in doubt together where a process dies among them."""

    name: ChannelName
    calls_at_once: int

    def send(self, outgoing: Outgoing) -> Outcome:
        """Hand it over once. Never raises for what a provider or a network can do, and never tries twice."""
        ...

    def look(self, since: datetime, until: datetime, attempts: Collection[UUID]) -> Sequence[Seen | Missing]:
        """What the provider knows of these attempts, made in this stretch of real time.

        May hold more than was asked for, and is empty where the provider cannot be asked.
        """
        ...


class RemoteChannel(Channel, Protocol):
    """A channel with somebody else at its other end."""

    def trouble(self) -> str | None:
        """What stands in the way of sending, in words and found without sending; None where nothing does."""
        ...
