from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from services.notify.base import Base
from shared.database.columns import UtcDateTime
from shared.ids import new_id


class Suppression(Base, table=True):
    """A number or address that must not be written to; only its fingerprint is kept."""

    __tablename__ = "suppressions"
    __table_args__ = (UniqueConstraint("channel", "address_index"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    channel: str
    address_index: bytes
    since: datetime = Field(sa_type=UtcDateTime)
    reason: str
