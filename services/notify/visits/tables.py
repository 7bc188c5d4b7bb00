from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.notify.base import Base
from services.notify.channels.port import ChannelName
from services.notify.contacts.rules import Keyword
from shared.database.columns import EnumText, UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id


class VisitKind(StrEnum):
    CHILD_VISIT = "child-visit"
    FAMILY_VISIT = "family-visit"
    TRAINING = "training"
    INFORMATION = "information"


class VisitState(StrEnum):
    OPEN = "open"
    CANCELLED = "cancelled"


class RegistrationState(StrEnum):
    """Where a registration stands. `refused`: the owner of the number says that it is not theirs.

    `waiting`: the day is full, and the family is in the queue for a place. It has none yet.
    """

    REGISTERED = "registered"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    WAITING = "waiting"


class Attendance(StrEnum):
    """What was seen at the gate."""

    CAME = "came"
    LATE = "late"
    ABSENT = "absent"


COMING = (RegistrationState.REGISTERED, RegistrationState.CONFIRMED)
# Those who can still say no: they have a place, or wait for one.
STANDING = (*COMING, RegistrationState.WAITING)


class FamilyChannel(StrEnum):
    """How a family hears about its visit: in writing, or by a person who telephones or speaks to it."""

    SMS = "sms"
    EMAIL = "email"
    LANDLINE = "landline"
    PHONE = "phone"
    NONE = "none"

    @property
    def written(self) -> ChannelName | None:
        """The channel on which it is written to; None if a person tells it."""
        return ChannelName(self) if self in (FamilyChannel.SMS, FamilyChannel.EMAIL) else None


class Step(StrEnum):
    REGISTRATION = "registration"
    D28 = "D-28"
    D7 = "D-7"
    D3 = "D-3"
    D1 = "D-1"


class StepState(StrEnum):
    PLANNED = "planned"
    QUEUED = "queued"
    SENT = "sent"
    SKIPPED = "skipped"
    VOID = "void"


UNMARKED = "marks IS NULL AND erased_at IS NULL"
UNLINKED = "link_index IS NULL AND erased_at IS NULL"
# Kilobytes that are not yet in their place: whoever searches reads them all.
SMALL = {"gin_pending_list_limit": 256}


class VisitDay(Base, table=True):
    """A dated opportunity to visit. Date and times are local at the facility; `*_at` is UTC.

    `version` goes up when the visit moves; `capacity` counts registrations.
    """

    __tablename__ = "visit_days"
    __table_args__ = (
        Index("ix_visit_days_facility_starts_at", "facility", "starts_at"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("capacity > 0", name="capacity_positive"),
        UniqueConstraint("client", "idempotency_index"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    facility: str
    country: str
    place: str
    zone: str
    visit_date: date
    start_time: time
    end_time: time
    starts_at: datetime = Field(sa_type=UtcDateTime, index=True)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    capacity: int
    kind: VisitKind = Field(sa_type=EnumText(VisitKind))
    state: VisitState = Field(default=VisitState.OPEN, sa_type=EnumText(VisitState))
    version: int = 1
    cancel_reason: str | None = Field(default=None, sa_column=Column(Encrypted("visit_days.cancel_reason")))
    # Who published it with which `Idempotency-Key`, and the fingerprint of what was sent.
    client: str | None = None
    idempotency_index: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    fingerprint: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    created_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)


class ChangeKind(StrEnum):
    CALL_OFF = "call-off"
    MOVE = "move"


class WaitingChange(Base, table=True):
    """A visit day with many families that one person wants to call off or move, and no second one yet.

    `change` holds the new date, times, capacity and kind; `leased_until` is machine time.
    """

    __tablename__ = "waiting_changes"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    visit_day_id: UUID = Field(foreign_key="visit_days.id", unique=True)
    kind: ChangeKind = Field(sa_type=EnumText(ChangeKind))
    change: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    reason: str | None = Field(default=None, sa_column=Column(Encrypted("waiting_changes.reason")))
    key_id: str
    key_name: str
    asked_at: datetime = Field(sa_type=UtcDateTime)
    lapses_at: datetime = Field(sa_type=UtcDateTime, index=True)
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Registration(Base, table=True):
    """A family that comes. `contact_index` is the fingerprint of its number, or of its address for mail.

    `name_index` is the fingerprint of its name: two families may share a telephone.
    """

    __tablename__ = "registrations"
    __table_args__ = (
        # A family has one place at a visit; after a no it may register again.
        Index(
            "uq_registrations_family_coming",
            "visit_day_id",
            "contact_index",
            "name_index",
            unique=True,
            postgresql_where=text("state IN ('registered', 'confirmed')"),
        ),
        # So it has one in the queue.
        Index(
            "uq_registrations_family_waiting",
            "visit_day_id",
            "contact_index",
            "name_index",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_registrations_offered", "offered_until", postgresql_where=text("offered_until IS NOT NULL")
        ),
        Index("ix_registrations_contact_index", "contact_index"),
        Index("ix_registrations_marks", "marks", postgresql_using="gin", postgresql_with=SMALL),
        # What the version before wrote, until it can be found.
        Index("ix_registrations_unmarked", "id", postgresql_where=text(UNMARKED)),
        Index("ix_registrations_unlinked", "id", postgresql_where=text(UNLINKED)),
        Index("uq_registrations_link_index", "link_index", unique=True),
        Index("uq_registrations_feed_index", "feed_index", unique=True),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    visit_day_id: UUID = Field(foreign_key="visit_days.id", index=True)
    name: str = Field(sa_column=Column(Encrypted("registrations.name"), nullable=False))
    phone: str | None = Field(default=None, sa_column=Column(Encrypted("registrations.phone")))
    email: str | None = Field(default=None, sa_column=Column(Encrypted("registrations.email")))
    contact_index: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    # Null where the version before wrote the row.
    name_index: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    # By what the family is found (`shared.finding`); gone once it is erased.
    marks: list[int] | None = Field(default=None, sa_column=Column(ARRAY(BigInteger)))
    # Where a letter goes, for a family that nobody can telephone.
    address: str | None = Field(default=None, sa_column=Column(Encrypted("registrations.address")))
    # What the gate is to know: who comes along, by name, and what somebody needs there.
    companions: str | None = Field(default=None, sa_column=Column(Encrypted("registrations.companions")))
    special_needs: str | None = Field(
        default=None, sa_column=Column(Encrypted("registrations.special_needs"))
    )
    # Until when the identity papers are valid of whoever's end first.
    papers_until: date | None = None
    escort_wanted: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    # Whoever typed the number or address did so on a page that anybody can open.
    from_page: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    # One more ends every link to its page and its calendar; these are found by their hashes.
    link_generation: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    link_index: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    feed_index: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    channel: FamilyChannel = Field(sa_type=EnumText(FamilyChannel))
    language: str
    adults: int
    child_age_bands: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    first_visit: bool
    # A child's own phone rings only after school and before bed.
    minors_own_phone: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    # That its owner said yes, to the number or to a changed address.
    number_confirmed: bool
    # An address that took the place of another: nothing goes there before its owner says yes.
    address_unproven: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    number_asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    state: RegistrationState = Field(
        default=RegistrationState.REGISTERED, sa_type=EnumText(RegistrationState)
    )
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # Its turn in the queue of a full day; kept once it has a place.
    waiting_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # When it hears of the place that it is offered, and until when the place is kept for it.
    offered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    offered_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # How many offers went by in silence.
    silences: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    # Machine time: who looks at an offer that lapses.
    offer_leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attendance: Attendance | None = Field(default=None, sa_type=EnumText(Attendance))
    attended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    # Set once nothing here names or reaches anybody: what is left is counted.
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Choice(Base, table=True):
    """A yes or no that could be for several families of one telephone, and that we asked back about.

    `id` is that of the text that said it. `registration_ids` are in the order in which they were numbered.
    `settled_at`: when somebody chose, or a person was asked. `leased_until` is machine time.
    """

    __tablename__ = "choices"
    __table_args__ = (
        Index("ix_choices_open", "lapses_at", postgresql_where=text("settled_at IS NULL")),
        Index("ix_choices_contact_index", "contact_index"),
    )

    id: UUID = Field(primary_key=True)
    contact_index: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    answer: Keyword = Field(sa_type=EnumText(Keyword))
    registration_ids: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    lapses_at: datetime = Field(sa_type=UtcDateTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class FamilyWords(Base, table=True):
    """What a person at the desk wrote back to a family, in words of their own."""

    __tablename__ = "family_words"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    registration_id: UUID = Field(foreign_key="registrations.id", index=True)
    words: str = Field(sa_column=Column(Encrypted("family_words.words"), nullable=False))
    written_at: datetime = Field(sa_type=UtcDateTime)


class ReminderStep(Base, table=True):
    """One planned text to one family, for one version of its visit.

    `carries` names late steps whose words this one brings too. `leased_until` is machine time, not business
    time.
    """

    __tablename__ = "reminder_steps"
    __table_args__ = (
        Index(
            "uq_reminder_steps_registration_id_visit_version_step",
            "registration_id",
            "visit_version",
            "step",
            unique=True,
        ),
        # The registration's own text waits for the owner of the number, not for a moment, so it is never due.
        Index(
            "ix_reminder_steps_due",
            "due_at",
            postgresql_where=text("state = 'planned' AND step <> 'registration'"),
        ),
        # Leasing rewrites the row; with room for that in its page, no index has to change.
        {"postgresql_with": {"fillfactor": 50}},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    registration_id: UUID = Field(foreign_key="registrations.id")
    visit_version: int
    step: Step = Field(sa_type=EnumText(Step))
    due_at: datetime = Field(sa_type=UtcDateTime)
    channel: FamilyChannel = Field(sa_type=EnumText(FamilyChannel))
    state: StepState = Field(sa_type=EnumText(StepState))
    reason: str | None = None
    carries: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    queued_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
