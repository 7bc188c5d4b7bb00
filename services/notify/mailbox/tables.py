from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Column, LargeBinary
from sqlmodel import Field

from services.notify.base import Base
from shared.database.columns import EnumText, UtcDateTime
from shared.ids import new_id


class Taken(StrEnum):
    """What a mail was taken for. `person`: it waits at the desk."""

    STOP = "stop"
    START = "start"
    YES = "yes"
    NO = "no"
    PERSON = "person"
    PAUSED = "paused"
    STRANGER = "stranger"
    AUTOMATIC = "automatic"
    CAME_BACK = "came-back"
    DELAYED = "delayed"
    UNKNOWN_REPORT = "unknown-report"
    OUR_OWN = "our-own"
    UNREADABLE = "unreadable"


class MailboxState(Base, table=True):
    """How far the mailbox was read. There is one row, whether or not a mailbox is set up.

    `mailbox_index` says which mailbox, by a fingerprint. `validity` is its UIDVALIDITY, and `last_uid` the
    last number that was taken in. What lay there when it was first read, or numbered anew, goes up to
    `old_to`; of that only the latest is looked at, and where `only_unread` only what nobody has opened.
    `leased_until` is machine time.
    """

    __tablename__ = "mailbox_state"

    id: UUID = Field(primary_key=True)
    mailbox_index: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    validity: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    last_uid: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    old_to: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    only_unread: bool = False
    due_at: datetime = Field(sa_type=UtcDateTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # When it was last read to its end, or set up; and why it could not be read since.
    read_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    trouble: str | None = None


class TakenMail(Base, table=True):
    """That a mail was taken in: the row is made in the transaction that acts on it, once.

    Holds nothing of who sent it or of what it says.
    """

    __tablename__ = "taken_mails"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    fingerprint: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    kind: Taken = Field(sa_type=EnumText(Taken))
    taken_at: datetime = Field(sa_type=UtcDateTime, index=True)
