from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Column, LargeBinary, UniqueConstraint, Uuid
from sqlmodel import Field

from services.intake.base import Base
from shared.database.columns import EnumText, UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id
from shared.vocabulary import ContactChannel


class Side(StrEnum):
    """Who wrote something: whoever asked, or the centre."""

    ASKER = "asker"
    CENTRE = "centre"


class Written(Base, table=True):
    """What one of the two wrote in the conversation about an advice request.

    `staff_id`: who of the centre wrote it; none where a program did. `key` is sealed: what is sent again
    under it is one thing. Seen is what the page of that side has shown.
    """

    __tablename__ = "conversation_messages"
    __table_args__ = (
        UniqueConstraint("request_id", "key"),
        UniqueConstraint("request_id", "number"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    request_id: UUID
    # Its place in the conversation: whatever a clock says, an answer stands after what it answers.
    number: int
    side: Side = Field(sa_type=EnumText(Side))
    staff_id: UUID | None = None
    text: str = Field(sa_column=Column(Encrypted("conversation_messages.text"), nullable=False))
    written_at: datetime = Field(sa_type=UtcDateTime)
    seen_by_asker_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    seen_by_centre_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    key: str
    fingerprint: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Draft(Base, table=True):
    """An answer that somebody has not sent yet: a session that ends, or a question taken back, loses none.

    `about_id` is the advice request or the child's box that it answers. Its column has an older name.
    """

    __tablename__ = "answer_drafts"
    __table_args__ = (UniqueConstraint("request_id", "staff_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    about_id: UUID = Field(sa_column=Column("request_id", Uuid, nullable=False))
    staff_id: UUID
    text: str = Field(sa_column=Column(Encrypted("answer_drafts.text"), nullable=False))
    kept_at: datetime = Field(sa_type=UtcDateTime)


class OwnWords(Base, table=True):
    """What somebody of the centre has sent to an asker in their own words; notify asks for it as it sends."""

    __tablename__ = "own_words"
    __table_args__ = (UniqueConstraint("request_id", "key"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    request_id: UUID
    staff_id: UUID
    channel: ContactChannel = Field(sa_type=EnumText(ContactChannel))
    text: str = Field(sa_column=Column(Encrypted("own_words.text"), nullable=False))
    written_at: datetime = Field(sa_type=UtcDateTime)
    key: str


class ReplyTemplate(Base, table=True):
    """One version of a text that answers start from. A version is never changed: a change is a new one.

    `template_id` is the same for all versions of one text. The newest version holds, until it is retired.
    """

    __tablename__ = "reply_templates"
    __table_args__ = (UniqueConstraint("template_id", "version"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    template_id: UUID = Field(default_factory=new_id)
    version: int = 1
    language: str
    name: str
    text: str
    written_by: UUID
    written_at: datetime = Field(sa_type=UtcDateTime)
    retired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
