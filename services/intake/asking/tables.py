from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field

from services.intake.base import Base
from shared.database.columns import UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id


class Asking(Base, table=True):
    """A question that somebody is filling in, step by step, in one browser alone.

    `token_hash`: of what only that browser has. Once the question was sent `answers` is empty, and
    `request_id` says which advice request it became, so that a second press shows the same receipt.
    """

    __tablename__ = "asking_drafts"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    token_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True, index=True))
    answers: str | None = Field(default=None, sa_column=Column(Encrypted("asking_drafts.answers")))
    began_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime, index=True)
    request_id: UUID | None = None
