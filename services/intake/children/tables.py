from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from services.intake.base import Base
from services.intake.conversations.tables import Side
from shared.database.columns import EnumText, UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id


class Box(Base, table=True):
    """What one child and the centre write to each other. Nothing here says who the child is.

    `mark` is a keyed fingerprint of the first two of the child's five words, by which the row is found;
    `code_hash` is a slow hash of all five. `kept_at`: the child has typed the words once. `held`: there may
    be danger. A visit is an hour in which somebody who typed the words may read on.
    """

    __tablename__ = "child_boxes"
    __table_args__ = (
        # What nobody came back for with the words, until it goes.
        Index("ix_child_boxes_unkept", "began_at", postgresql_where=text("kept_at IS NULL")),
        Index("ix_child_boxes_last_at", "last_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    # That of the page on which it was asked: sent twice, it is one question.
    form_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    mark: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    code_hash: str
    language: str
    country: str
    age: int
    held: bool = False
    began_at: datetime = Field(sa_type=UtcDateTime)
    kept_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # When either of the two last wrote.
    last_at: datetime = Field(sa_type=UtcDateTime)
    visit_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary, unique=True))
    visit_ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class BoxMessage(Base, table=True):
    """What one of the two wrote, locked with a key of its own: without that key nobody reads it again.

    `form_hash` is that of the form by which it was sent: sent twice, it is one message.
    """

    __tablename__ = "child_messages"
    __table_args__ = (UniqueConstraint("box_id", "number"), UniqueConstraint("box_id", "form_hash"))

    id: UUID = Field(default_factory=new_id, primary_key=True)
    box_id: UUID
    number: int
    side: Side = Field(sa_type=EnumText(Side))
    staff_id: UUID | None = None
    locked: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    written_at: datetime = Field(sa_type=UtcDateTime)
    seen_by_child_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    seen_by_centre_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    form_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class MessageKey(Base, table=True):
    """The key of one message, which has its id. It is itself encrypted, and goes with the message."""

    __tablename__ = "child_keys"

    id: UUID = Field(primary_key=True)
    box_id: UUID = Field(index=True)
    key: str = Field(sa_column=Column(Encrypted("child_keys.key"), nullable=False))
