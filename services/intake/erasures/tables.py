from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.intake.base import Base
from shared.database.columns import UtcDateTime
from shared.ids import new_id


class Erasure(Base, table=True):
    """That a person was erased. `subject` is the keyed fingerprint of what they were known by.

    `counts` are how many of what, over all services, by kind of data.
    """

    __tablename__ = "erasures"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    subject: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    counts: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False))
    asked_by: str
    asked_at: datetime = Field(sa_type=UtcDateTime)
    last_at: datetime = Field(sa_type=UtcDateTime, index=True)
