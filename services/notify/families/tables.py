from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field

from services.notify.base import Base
from shared.database.columns import UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id


class FamilyDraft(Base, table=True):
    """What a family fills in to register for a day, step by step, in one browser alone.

    `token_hash`: of what only that browser has. Once it was sent `answers` is empty, and `registration_id`
    says which registration it became, so that a second press shows the same receipt.
    """

    __tablename__ = "family_drafts"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    token_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True, index=True))
    visit_day_id: UUID
    answers: str | None = Field(default=None, sa_column=Column(Encrypted("family_drafts.answers")))
    began_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime, index=True)
    registration_id: UUID | None = None
