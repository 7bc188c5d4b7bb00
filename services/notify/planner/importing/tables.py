from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.notify.base import Base
from shared.database.columns import EnumText, UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id


class Source(StrEnum):
    SERIES = "series"
    SHEET = "sheet"
    CALENDAR = "calendar"


class CalendarEntry(Base, table=True):
    """By what name a calendar knows a visit day: moved there, it is the same day here.

    `uid` is a fingerprint; `occurrence` is which one of a series.
    """

    __tablename__ = "calendar_entries"

    visit_day_id: UUID = Field(primary_key=True, foreign_key="visit_days.id", ondelete="CASCADE")
    uid: str
    occurrence: str = ""


class ImportPreview(Base, table=True):
    """What one planner was shown of a calendar and has not confirmed yet; it ends by itself.

    `content` is what was read, with cells that were refused. `shown` is the fingerprint of what the page
    said. `result` counts what was done once it was confirmed.
    """

    __tablename__ = "import_previews"
    __table_args__ = (Index("ix_import_previews_ends_at", "ends_at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    member: str
    facility: str
    source: Source = Field(sa_type=EnumText(Source))
    content: str = Field(sa_column=Column(Encrypted("import_previews.content"), nullable=False))
    shown: str
    ends_at: datetime = Field(sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    result: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))
