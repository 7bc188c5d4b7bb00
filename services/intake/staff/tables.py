from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from services.intake.base import Base
from shared.database.columns import EnumText, UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id


class Role(StrEnum):
    """What somebody who works here may do. A person may have several.

    An adviser works at the desk. A senior is also the second person, and decides on safeguarding. An editor
    keeps the guidance, `directory` the partners and their services. A supervisor reads the figures of the
    desk, a researcher those without anybody in them. An auditor reads who did what. An operator manages
    people and settings, and sees no content.
    """

    ADVISER = "adviser"
    SENIOR = "senior"
    EDITOR = "editor"
    DIRECTORY = "directory"
    SUPERVISOR = "supervisor"
    RESEARCHER = "researcher"
    AUDITOR = "auditor"
    OPERATOR = "operator"


class Person(Base, table=True):
    """Somebody who works here. They can be disabled and are never deleted: the history keeps their name."""

    __tablename__ = "staff"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str
    email: str = Field(sa_column=Column(Encrypted("staff.email"), nullable=False))
    email_index: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    roles: list[str] = Field(sa_type=ARRAY(EnumText(Role)))
    created_at: datetime = Field(sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SetupLink(Base, table=True):
    """A link by which somebody sets up how they sign in: it works once, until `ends_at`."""

    __tablename__ = "staff_setup_links"

    token_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    person_id: UUID = Field(index=True)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class StaffSession(Base, table=True):
    """One browser in which somebody is signed in. Only the token's hash is stored; times are machine time.

    It ends at `ends_at` whatever happens, and earlier when nothing was done in it for a while.
    `stepped_up_at` is when the person last proved again that it is they.
    """

    __tablename__ = "staff_sessions"
    __table_args__ = (Index("ix_staff_sessions_person_id", "person_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    token_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    person_id: UUID
    began_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    stepped_up_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    means: str
    browser: str
