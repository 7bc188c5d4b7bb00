from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field

from services.notify.base import Base
from shared.database.columns import UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id


class InboundText(Base, table=True):
    """A text that came in at our number. The provider's id is unique, so a second delivery does nothing."""

    __tablename__ = "inbound_texts"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    provider_sid: str = Field(unique=True)
    from_index: bytes = Field(sa_column=Column(LargeBinary, nullable=False, index=True))
    sender: str = Field(sa_column=Column(Encrypted("inbound_texts.sender"), nullable=False))
    body: str = Field(sa_column=Column(Encrypted("inbound_texts.body"), nullable=False))
    understood_as: str | None = None
    received_at: datetime = Field(sa_type=UtcDateTime)
    # Erased, the row stays for its period: the provider's id keeps a second delivery from coming in again.
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
