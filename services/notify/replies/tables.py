from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field

from services.notify.base import Base
from services.notify.channels.port import ChannelName
from shared.database.columns import EnumText, UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id


class InboundText(Base, table=True):
    """A text or a mail that came in from a family. Its id is unique: a second delivery does nothing.

    `about_index`: the address that it answers a mail to, where it came from another one.
    """

    __tablename__ = "inbound_texts"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    provider_sid: str = Field(unique=True)
    channel: ChannelName = Field(
        default=ChannelName.SMS, sa_type=EnumText(ChannelName), sa_column_kwargs={"server_default": "sms"}
    )
    from_index: bytes = Field(sa_column=Column(LargeBinary, nullable=False, index=True))
    about_index: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    sender: str = Field(sa_column=Column(Encrypted("inbound_texts.sender"), nullable=False))
    body: str = Field(sa_column=Column(Encrypted("inbound_texts.body"), nullable=False))
    understood_as: str | None = None
    received_at: datetime = Field(sa_type=UtcDateTime)
    # Erased, the row stays for its period: the provider's id keeps a second delivery from coming in again.
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def silenced(self) -> bytes:
        """The fingerprint of the number or address that is silent if its owner asks for that here."""
        return self.about_index or self.from_index
