"""What a channel is: it takes one text to one address, and says truthfully what became of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable
from uuid import UUID

from shared.vocabulary import ContactChannel


class ChannelName(StrEnum):
    SMS = "sms"
    EMAIL = "email"

    @classmethod
    def for_contact(cls, channel: ContactChannel) -> ChannelName | None:
        """Return the channel for a person who chose this one, or None if they chose not to be written to."""
        return cls(channel) if channel in (ContactChannel.SMS, ContactChannel.EMAIL) else None


class ProviderStatus(StrEnum):
    """How far along a provider says a message is. Each provider's own words are translated into these."""

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
    """What a failure is due to: the address, its owner, us, or something else.

    `never-left`: the provider took it and dropped it before it went anywhere, so it may be handed over again.
    """

    ADDRESS = "address"
    OPTED_OUT = "opted-out"
    OURS = "ours"
    NEVER_LEFT = "never-left"
    OTHER = "other"


@dataclass(frozen=True)
class Appointment:
    """What a calendar keeps of a visit: the same `uid` for as long as the family is registered for it.

    Of two with one `uid` the higher `version` holds, and of two with one version what was `said_at` last.
    `is_off` takes it out of the calendar. All times are UTC; `place` is the town.
    """

    uid: str
    version: int
    said_at: datetime
    starts_at: datetime
    ends_at: datetime
    place: str
    is_off: bool = False


@dataclass(frozen=True)
class Outgoing:
    """One text to one address. `status_callback` is the full URL at which the provider reports.

    `valid_for`: the seconds for which it may still leave; a provider that lets it wait longer drops it.
    `unsubscribe`: the link by which the owner of a mailbox ends all mail to it. `appointment`: what a mail
    brings for the calendar.
    """

    attempt_id: UUID
    to: str
    subject: str | None
    body: str
    language: str
    status_callback: str | None = None
    valid_for: int | None = None
    unsubscribe: str | None = None
    appointment: Appointment | None = None


@dataclass(frozen=True)
class Accepted:
    """The provider has it; `sid` is its id there."""

    sid: str
    status: ProviderStatus = ProviderStatus.QUEUED


@dataclass(frozen=True)
class Rejected:
    """The provider refuses it and will go on refusing it."""

    code: str
    fault: Fault


@dataclass(frozen=True)
class NotSent:
    """Surely not sent. It may be tried again, but not within `retry_after` seconds.

    `ours`: it is we who are refused, and everything with us until somebody mends it. That says nothing of
    the message and uses up none of its tries.
    """

    reason: str
    retry_after: int | None = None
    ours: bool = False


@dataclass(frozen=True)
class Perhaps:
    """It may have been sent. Trying again could reach a person twice."""

    reason: str


Outcome = Accepted | Rejected | NotSent | Perhaps


@dataclass(frozen=True)
class StillKept:
    """The provider still has a text that it was told to forget; `reason` is a code.

    Asking again is harmless, but not within `retry_after` seconds.
    """

    reason: str
    retry_after: int | None = None


@dataclass(frozen=True)
class Seen:
    """A message that the provider has, learned by looking rather than from the answer to our call.

    `attempt_id` is None if the provider does not know it; the message is then matched by number and time.
    """

    sid: str
    to: str
    status: ProviderStatus
    error_code: str | None
    created_at: datetime
    attempt_id: UUID | None = None
    fault: Fault | None = None


@dataclass(frozen=True)
class Report:
    """A provider's status report on the text `sid` to `to`, sent without being asked for."""

    sid: str
    to: str
    status: ProviderStatus
    error_code: str | None
    fault: Fault | None = None


class OptOut(StrEnum):
    """What the provider itself read in a text that came in, and has acted on and answered."""

    STOP = "stop"
    START = "start"
    HELP = "help"


@dataclass(frozen=True)
class Inbound:
    """A text that came in. `opt_out`: what the provider recognised in it, whatever its words."""

    sid: str
    sender: str
    body: str
    opt_out: OptOut | None = None

    @property
    def answered_stop(self) -> bool:
        return self.opt_out is OptOut.STOP


@dataclass(frozen=True)
class Missing:
    """The provider is sure that it never had this attempt."""

    attempt_id: UUID


class Channel(Protocol):
    """A way to send. Up to `calls_at_once` calls run together, and all are in doubt if the process dies."""

    name: ChannelName
    calls_at_once: int

    def send(self, outgoing: Outgoing) -> Outcome:
        """Hand it over once. Never tries twice, and never raises for what a provider or network does."""
        ...

    def look(self, since: datetime, until: datetime, attempts: Collection[UUID]) -> Sequence[Seen | Missing]:
        """Return what the provider knows of these attempts, made between `since` and `until` (machine time).

        May hold more than was asked for; empty if the provider cannot be asked.
        """
        ...


@runtime_checkable
class Remembers(Protocol):
    """What a channel can do whose provider keeps its texts, which a mail server does not."""

    def forget(self, sid: str) -> StillKept | None:
        """Have the provider forget a text, number and words; returns None once it keeps nothing of it.

        Idempotent. Never raises for what a provider or network does.
        """
        ...


class RemoteChannel(Channel, Protocol):
    """A channel with a provider at its other end."""

    def trouble(self) -> str | None:
        """Return in words what stands in the way of sending, or None. Sends nothing to find out."""
        ...
