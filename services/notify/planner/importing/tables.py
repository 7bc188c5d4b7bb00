from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.notify.base import Base
from services.notify.visits.tables import VisitKind
from shared.database.columns import EnumText, UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id


class Source(StrEnum):
    SERIES = "series"
    SHEET = "sheet"
    CALENDAR = "calendar"
    FEED = "feed"


class CalendarFeed(Base, table=True):
    """An address at which a prison keeps its calendar, and what was found there when it was last looked at.

    The address is a secret where it was made for one reader. `found` holds dates and times, no words of the
    calendar. `news`: how many days a planner could decide about; `left` is what one left as it is, by its
    fingerprint. `leased_until` is machine time.
    """

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        UniqueConstraint("facility", "address_index"),
        Index("ix_calendar_feeds_due_at", "due_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    facility: str
    address: str = Field(sa_column=Column(Encrypted("calendar_feeds.address"), nullable=False))
    address_index: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    kind: VisitKind = Field(sa_type=EnumText(VisitKind))
    capacity: int
    words: str = ""
    added_by: str
    added_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    etag: str | None = None
    last_modified: str | None = None
    found: str | None = Field(default=None, sa_column=Column(Encrypted("calendar_feeds.found")))
    looked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    trouble: str | None = None
    failing_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    news: int = 0
    left: str | None = None


class CalendarEntry(Base, table=True):
    """By what name a calendar knows a visit day: moved there, it is the same day here.

    `uid` is a fingerprint. `feed_id` None: it came in a file.
    """

    __tablename__ = "calendar_entries"
    __table_args__ = (Index("ix_calendar_entries_feed_id", "feed_id"),)

    visit_day_id: UUID = Field(primary_key=True, foreign_key="visit_days.id", ondelete="CASCADE")
    uid: str
    occurrence: str = ""
    feed_id: UUID | None = Field(default=None, foreign_key="calendar_feeds.id", ondelete="SET NULL")


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
    feed_id: UUID | None = Field(default=None, foreign_key="calendar_feeds.id", ondelete="CASCADE")
    content: str = Field(sa_column=Column(Encrypted("import_previews.content"), nullable=False))
    shown: str
    ends_at: datetime = Field(sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    result: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))
