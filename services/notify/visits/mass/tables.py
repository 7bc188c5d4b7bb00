from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.notify.base import Base
from services.notify.visits.tables import ChangeKind, FamilyChannel, RegistrationState, VisitKind
from shared.database.columns import EnumText, UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id


class MassState(StrEnum):
    """Where a mass change stands. `withdrawn`: nobody confirmed it, and nobody may any more."""

    PREVIEWED = "previewed"
    CONFIRMED = "confirmed"
    UNDONE = "undone"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class FamilyState(StrEnum):
    """Where a family of a mass change stands. `call`: a person tells it. `left`: it no longer came."""

    PREVIEWED = "previewed"
    WAITING = "waiting"
    TOLD = "told"
    CALL = "call"
    LEFT = "left"


class Reach(StrEnum):
    """How a family is reached, as far as is known beforehand; the last three are for a person."""

    SMS = "sms"
    EMAIL = "email"
    NO_CHANNEL = "no-written-channel"
    UNPROVEN = "unproven"
    SUPPRESSED = "suppressed"


IN_WRITING = (Reach.SMS, Reach.EMAIL)


class MassChange(Base, table=True):
    """Visit days of one facility, from one date to another, that are called off or moved together.

    `last_date` is null until further notice. Moved days all shift by as much as `new_date` lies from
    `first_date`. `preview` is what was shown last, and `preview_number` which showing that was.
    `look_at`: when it is next looked at who was reached; `leased_until` is machine time.
    """

    __tablename__ = "mass_changes"
    __table_args__ = (
        Index("ix_mass_changes_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),
        # What stops the publishing of new days.
        Index(
            "ix_mass_changes_stops",
            "facility",
            "first_date",
            postgresql_where=text("state = 'confirmed' AND until_further_notice"),
        ),
        Index("ix_mass_changes_facility_asked_at", "facility", "asked_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    facility: str
    first_date: date
    last_date: date | None = None
    # True also once `last_date` says when it ended.
    until_further_notice: bool = False
    action: ChangeKind = Field(sa_type=EnumText(ChangeKind))
    new_date: date | None = None
    new_start: time | None = None
    new_end: time | None = None
    reason: str | None = Field(default=None, sa_column=Column(Encrypted("mass_changes.reason")))
    state: MassState = Field(default=MassState.PREVIEWED, sa_type=EnumText(MassState))
    preview: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    preview_number: int = 0
    asked_by: str
    asked_name: str
    asked_at: datetime = Field(sa_type=UtcDateTime)
    lapses_at: datetime = Field(sa_type=UtcDateTime)
    confirmed_by: str | None = None
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    hand_over_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    look_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


def _of_change() -> Any:
    return Column(Uuid, ForeignKey("mass_changes.id", ondelete="CASCADE"), nullable=False)


class MassChangeDay(Base, table=True):
    """A visit day of a mass change, as it was when it was previewed: so it is again where that is undone.

    `due_at`: when those who wait for a place are to be told; null before that is known and once it is done.
    `leased_until` is machine time.
    """

    __tablename__ = "mass_change_days"
    __table_args__ = (
        UniqueConstraint("mass_change_id", "visit_day_id"),
        Index("ix_mass_change_days_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    mass_change_id: UUID = Field(sa_column=_of_change())
    visit_day_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("visit_days.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    version: int
    was_date: date
    was_start: time
    was_end: time
    was_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class MassChangeFamily(Base, table=True):
    """A family that a mass change is about: what was previewed of it, and what became of telling it.

    `visit_version` is that which its text is about. `leaves_at`: when it would set out. `listed_at`: since
    when it is on the call list. `leased_until` is machine time.
    """

    __tablename__ = "mass_change_families"
    __table_args__ = (
        UniqueConstraint("mass_change_id", "registration_id"),
        Index("ix_mass_change_families_due", "due_at", postgresql_where=text("state = 'waiting'")),
        {"postgresql_with": {"fillfactor": 50}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    mass_change_id: UUID = Field(sa_column=_of_change())
    registration_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("registrations.id", ondelete="CASCADE"), nullable=False, index=True)
    )
    visit_day_id: UUID
    visit_version: int
    language: str
    channel: FamilyChannel = Field(sa_type=EnumText(FamilyChannel))
    reach: Reach = Field(sa_type=EnumText(Reach))
    state: FamilyState = Field(default=FamilyState.PREVIEWED, sa_type=EnumText(FamilyState))
    was_state: RegistrationState | None = Field(default=None, sa_type=EnumText(RegistrationState))
    was_answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    leaves_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    message_id: UUID | None = None
    listed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class KeptPlace(Base, table=True):
    """The place in turn that a family keeps whose visit was called off: new days are offered to it first.

    Holds for days of the same facility and kind up to and with `until`, in the order of `since`, when the
    family registered. `settled_at`: it has a new place, or wants none.
    """

    __tablename__ = "kept_places"
    __table_args__ = (
        UniqueConstraint("registration_id"),
        Index(
            "ix_kept_places_in_turn", "facility", "kind", "since", postgresql_where=text("settled_at IS NULL")
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    registration_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("registrations.id", ondelete="CASCADE"), nullable=False)
    )
    facility: str
    kind: VisitKind = Field(sa_type=EnumText(VisitKind))
    since: datetime = Field(sa_type=UtcDateTime)
    until: date
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
