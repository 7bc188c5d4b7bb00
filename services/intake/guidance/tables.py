from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field

from services.intake.base import Base
from shared.database.columns import UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id


class Edition(Base, table=True):
    """One state of all pages, of which the search knows every word. Of those before only some are kept."""

    __tablename__ = "guidance_editions"

    edition: str = Field(primary_key=True)
    made_at: datetime = Field(sa_type=UtcDateTime)


class Indexed(Base, table=True):
    """The words of a page as the search compares them: stems that we made, with the weight of their place."""

    __tablename__ = "guidance_pages"
    __table_args__ = (Index("ix_guidance_pages_lexemes", "lexemes", postgresql_using="gin"),)

    edition: str = Field(primary_key=True)
    language: str = Field(primary_key=True)
    slug: str = Field(primary_key=True)
    lexemes: str = Field(sa_column=Column(TSVECTOR, nullable=False))


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
