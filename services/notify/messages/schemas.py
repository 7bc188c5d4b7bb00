from __future__ import annotations

from uuid import UUID

from services.notify.channels.port import ChannelName
from services.notify.messages.tables import Message, MessageState, Purpose
from shared.web.schemas import ApiModel, Utc

SUPPRESSED = "suppressed"


class MessageOut(ApiModel):
    """A message. `attempts`: how often it was handed to a provider; `segments`: null before it first was.

    `reason` is null where it would tell a key that is not the centre's own who wants no texts.
    """

    id: UUID
    purpose: Purpose
    cause_id: UUID
    channel: ChannelName
    language: str
    state: MessageState
    reason: str | None
    due_at: Utc
    segments: int | None
    attempts: int

    @classmethod
    def of(cls, message: Message, *, silent: bool = False) -> MessageOut:
        return cls(
            id=message.id,
            purpose=message.purpose,
            cause_id=message.cause_id,
            channel=message.channel,
            language=message.language,
            state=message.state,
            reason=None if silent and message.reason == SUPPRESSED else message.reason,
            due_at=message.due_at,
            segments=message.segments,
            attempts=message.attempt_count,
        )
