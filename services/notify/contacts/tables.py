from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
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


class AskerContact(Base, table=True):
    """The number or address of an advice request, under its id; only fingerprints are kept.

    `of_visit`: it is that of a registration whose owner said yes, which proves it for advice requests too.
    `mailbox_index` is that of the mailbox, whatever its dots and plus: texts are counted by it, and never
    sent. `asked_at` is when its owner was asked whether it is theirs.
    """

    __tablename__ = "asker_contacts"
    __table_args__ = (
        Index(
            "ix_asker_contacts_asked",
            "mailbox_index",
            "asked_at",
            postgresql_where=text("asked_at IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    channel: str
    address_index: bytes = Field(index=True)
    mailbox_index: bytes
    since: datetime = Field(sa_type=UtcDateTime)
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    proven_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    denied_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    of_visit: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
