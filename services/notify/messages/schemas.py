from __future__ import annotations

from uuid import UUID

from services.notify.channels.port import ChannelName
from services.notify.messages import rules
from services.notify.messages.tables import Message, MessageState, Purpose
from shared.web.schemas import ApiModel, Utc


class MessageOut(ApiModel):
    """A message. `attempts`: how often it was handed to a provider; `segments`: null before it first was.

    To a key that is not the centre's own a message is `planned`, `accepted` once it was taken on, or `void`
    where it is about nothing any more. What became of it with its number is the centre's to know.
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
    def of(cls, message: Message) -> MessageOut:
        return cls(
            id=message.id,
            purpose=message.purpose,
            cause_id=message.cause_id,
            channel=message.channel,
            language=message.language,
            state=message.state,
            reason=message.reason,
            due_at=message.due_at,
            segments=message.segments,
            attempts=message.attempt_count,
        )

    @classmethod
    def for_others(cls, message: Message) -> MessageOut:
        """Show a message to a key that is not the centre's own."""
        state = rules.as_others_see_it(message.state, message.reason)
        taken_on = state is MessageState.ACCEPTED
        return cls.of(message).model_copy(
            update={
                "state": state,
                "reason": None,
                # When it was to go is moved while it waits for something about its number.
                "due_at": message.created_at if taken_on else message.due_at,
                "segments": None,
                "attempts": int(taken_on),
            }
        )
