from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column
from sqlmodel import Field

from services.notify.base import Base
from services.notify.channels.port import ChannelName
from shared.database.columns import EnumText, UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id


class Posted(Base, table=True):
    """A message that would have been sent, on a machine without a provider. One row for each attempt."""

    __tablename__ = "postbus"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    attempt_id: UUID = Field(unique=True)
    channel: ChannelName = Field(sa_type=EnumText(ChannelName))
    to: str = Field(sa_column=Column("to", Encrypted("postbus.to"), nullable=False))
    subject: str | None = Field(default=None, sa_column=Column("subject", Encrypted("postbus.subject")))
    text: str = Field(sa_column=Column("text", Encrypted("postbus.text"), nullable=False))
    sent_at: datetime = Field(sa_type=UtcDateTime, index=True)
