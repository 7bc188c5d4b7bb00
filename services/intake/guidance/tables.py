from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, Index, LargeBinary
from sqlmodel import Field

from services.intake.base import Base
from shared.database.columns import UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id


class WordList(Base, table=True):
    """What the search knows of the pages in one language at one state of them, the `edition`.

    Of those before the newest only some are kept.
    """

    __tablename__ = "guidance_word_lists"

    language: str = Field(primary_key=True)
    edition: str = Field(primary_key=True)
    made_at: datetime = Field(sa_type=UtcDateTime)
    known: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class Stem(Base, table=True):
    """On which pages a stem stands and how much it counts there, packed: see `indexing.Places`."""

    __tablename__ = "guidance_stems"

    language: str = Field(primary_key=True)
    edition: str = Field(primary_key=True)
    stem: str = Field(primary_key=True)
    places: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Opinion(Base, table=True):
    """Whether a page was of use to somebody, and what they said of it. Nothing says who it was.

    The id is made from the form that was sent: sending it twice is one opinion.
    """

    __tablename__ = "guidance_opinions"
    __table_args__ = (Index("ix_guidance_opinions_page", "slug", "language"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    slug: str
    language: str
    useful: bool
    words: str | None = Field(default=None, sa_column=Column(Encrypted("guidance_opinions.words")))
    at: datetime = Field(sa_type=UtcDateTime, index=True)


class Sought(Base, table=True):
    """Words for which no page was found, and on how many days somebody sought them.

    They are a keyed fingerprint until the third day: only then are they words, which an editor may read.
    """

    __tablename__ = "guidance_sought"

    fingerprint: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    language: str
    days: int
    last_on: date
    words: str | None = None


class Review(Base, table=True):
    """That the desk was told once to check a page anew, by this day."""

    __tablename__ = "guidance_reviews"

    language: str = Field(primary_key=True)
    slug: str = Field(primary_key=True)
    review_by: date = Field(primary_key=True)
    told_at: datetime = Field(sa_type=UtcDateTime)


class Watch(Base, table=True):
    """When the days of the pages are looked at again. `leased_until` is machine time."""

    __tablename__ = "guidance_watches"

    id: UUID = Field(primary_key=True)
    due_at: datetime = Field(sa_type=UtcDateTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
