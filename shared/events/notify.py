"""The events of notify."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from shared.events.payloads import Payload


class _AboutContact(Payload):
    producer: ClassVar[str] = "notify"
    subscribers: ClassVar[tuple[str, ...]] = ("intake",)

    request_id: UUID

    @property
    def subject(self) -> UUID:
        return self.request_id


class ContactProven(_AboutContact):
    """The owner of the number or address of an advice request has said that it is theirs."""

    name: ClassVar[str] = "contact.proven"


class ContactDenied(_AboutContact):
    """The owner of the number of an advice request has said no: somebody else may have typed it.

    `too_many`: nobody said no, but more came for this number or address than is taken as proven.
    """

    name: ClassVar[str] = "contact.denied"

    too_many: bool = False


class MessageFailed(Payload):
    """A message will not be delivered automatically; `purpose` and `recipient_id` are the message's."""

    name: ClassVar[str] = "message.failed"
    producer: ClassVar[str] = "notify"
    subscribers: ClassVar[tuple[str, ...]] = ("referral",)

    message_id: UUID
    cause_id: UUID
    recipient_id: UUID
    purpose: str

    @property
    def subject(self) -> UUID:
        return self.message_id
