from __future__ import annotations

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.intake.base import Base
from shared.database.columns import UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id


class Period(Base, table=True):
    """A part of a weekday in which the desk is open, on the wall clock of that country. Monday is 0.

    It ends on the same day; midnight as an end is the end of the day. A day may have several.
    """

    __tablename__ = "desk_hours"
    __table_args__ = (Index("ix_desk_hours_country", "country"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    country: str
    weekday: int
    opens: time
    closes: time


class Closure(Base, table=True):
    """A time in which the desk is closed by hand: in one country, or in all where none is said.

    `why` is what people are told, by language; nothing where it is nobody's business.
    """

    __tablename__ = "desk_closures"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    country: str | None = None
    begins: datetime = Field(sa_type=UtcDateTime)
    ends: datetime = Field(sa_type=UtcDateTime, index=True)
    why: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    made_by: UUID


class Shift(Base, table=True):
    """Somebody who is at the telephone for a time, with what they leave behind for whoever comes next.

    `asked`: a colleague whom they asked to take it over, and who has not said yes yet.
    """

    __tablename__ = "shifts"
    __table_args__ = (Index("ix_shifts_ends", "ends"), Index("ix_shifts_asked", "asked"))

    id: UUID = Field(default_factory=new_id, primary_key=True)
    staff_id: UUID = Field(index=True)
    begins: datetime = Field(sa_type=UtcDateTime)
    ends: datetime = Field(sa_type=UtcDateTime)
    asked: UUID | None = None
    note: str | None = Field(default=None, sa_column=Column(Encrypted("shifts.note")))
