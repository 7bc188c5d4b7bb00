"""The events of notify."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from shared.events.payloads import Payload


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
