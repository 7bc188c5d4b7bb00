from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlmodel import Field

from services.intake.base import Base
from shared.database.columns import UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id


class DeskMark(Base, table=True):
    """Whose a work item is, and until when it is put off. The item itself is its service's.

    `about` is what the item is about: an advice request where that is known.
    """

    __tablename__ = "desk_marks"
    __table_args__ = (UniqueConstraint("service", "item_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    service: str
    item_id: UUID = Field(index=True)
    about: UUID | None = Field(default=None, index=True)
    owner_id: UUID | None = None
    owned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    put_off_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)


class DeskNote(Base, table=True):
    """What somebody who works here wrote beside a work item, for colleagues."""

    __tablename__ = "desk_notes"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    service: str
    item_id: UUID = Field(index=True)
    about: UUID | None = Field(default=None, index=True)
    author_id: UUID
    written_at: datetime = Field(sa_type=UtcDateTime)
    text: str = Field(sa_column=Column(Encrypted("desk_notes.text"), nullable=False))


class DeskLook(Base, table=True):
    """Somebody has a work item open in front of them, since when, and when that was last so."""

    __tablename__ = "desk_looks"
    __table_args__ = (Index("ix_desk_looks_seen_at", "seen_at"),)

    item_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    since: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)


class DeskAlarm(Base, table=True):
    """A work item about somebody's safety, and how loudly it has been called out so far.

    At `next_at` people are called unless somebody took it by then: first those on duty, then every senior.
    `over_at`: when another service no longer had it, of whose items no others are kept here. `leased_until`
    is machine time.
    """

    __tablename__ = "desk_alarms"
    __table_args__ = (
        Index("ix_desk_alarms_next_at", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    )

    item_id: UUID = Field(primary_key=True)
    service: str = "intake"
    step: int = 0
    next_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    over_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DeskWatch(Base, table=True):
    """When another service is asked again what of its items is about somebody's safety.

    `notes_due_at`: when it is asked next which of the items beside which we noted something are those of
    people who were erased. `leased_until` is machine time.
    """

    __tablename__ = "desk_watches"

    id: UUID = Field(primary_key=True)
    service: str
    due_at: datetime = Field(sa_type=UtcDateTime)
    notes_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DeskCall(Base, table=True):
    """One person who was called to the desk because of one step of an alarm."""

    __tablename__ = "desk_calls"
    __table_args__ = (UniqueConstraint("item_id", "step", "person_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    item_id: UUID = Field(index=True)
    step: int
    person_id: UUID
    called_at: datetime = Field(sa_type=UtcDateTime)
