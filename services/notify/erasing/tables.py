from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field

from services.notify.base import Base
from services.notify.channels.port import ChannelName
from shared.database.columns import EnumText, UtcDateTime
from shared.ids import new_id


class KeptByProvider(Base, table=True):
    """A text that its provider is still to forget: one of ours by its attempt, or one that came in by `sid`.

    The row goes once the provider has nothing left. `leased_until` is machine time.
    """

    __tablename__ = "kept_by_provider"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    channel: ChannelName = Field(sa_type=EnumText(ChannelName))
    attempt_id: UUID | None = Field(default=None, unique=True)
    sid: str | None = None
    due_at: datetime = Field(sa_type=UtcDateTime, index=True)
    tries: int = 0
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
