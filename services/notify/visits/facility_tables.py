"""What is kept of a facility itself: the days on which it is closed, and what it says to who visits."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint
from sqlmodel import Field

from services.notify.base import Base
from shared.database.columns import UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id


class ClosedDays(Base, table=True):
    """Days on which nobody can visit, both ends included, and why; calendar days at the facility."""

    __tablename__ = "closed_days"
    __table_args__ = (
        Index("ix_closed_days_facility_last_day", "facility", "last_day"),
        CheckConstraint("last_day >= first_day", name="last_after_first"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    facility: str
    first_day: date
    last_day: date
    reason: str = Field(sa_column=Column(Encrypted("closed_days.reason"), nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)


class FacilityNote(Base, table=True):
    """What a facility says to who visits, in one language; with language `` to those of every other.

    Families read it. `checked_on` is when somebody last looked whether it is still so, and `source` where.
    """

    __tablename__ = "facility_notes"
    __table_args__ = (UniqueConstraint("facility", "language"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    facility: str
    language: str
    text: str
    source: str
    checked_on: date
    changed_at: datetime = Field(sa_type=UtcDateTime)
