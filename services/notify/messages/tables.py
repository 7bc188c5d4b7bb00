from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, text
from sqlmodel import Field

from services.notify.base import Base
from services.notify.channels.port import ChannelName, ProviderStatus
from shared.database.columns import EnumText, UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id


class Purpose(StrEnum):
    REQUEST_RECEIVED = "request-received"
    CONFIRM_CONTACT = "confirm-contact"
    OFFER = "offer"
    NUDGE = "nudge"
    RECALLED = "recalled"
    FRESH_LINK = "fresh-link"
    ACCEPTED = "accepted"
    NOBODY_FOUND = "nobody-found"
    ANSWER_WRITTEN = "answer-written"
    DESK_WORDS = "desk-words"
    CONFIRM_NUMBER = "confirm-number"
    PAGE_LINK = "page-link"
    VISIT_REGISTERED = "visit-registered"
    VISIT_28 = "visit-28"
    VISIT_7 = "visit-7"
    VISIT_3 = "visit-3"
    VISIT_1 = "visit-1"
    VISIT_MOVED = "visit-moved"
    VISIT_CANCELLED = "visit-cancelled"
    STOP_CONFIRMED = "stop-confirmed"
    WHICH_VISIT = "which-visit"
    ANSWER_YES = "answer-yes"
    ANSWER_NO = "answer-no"
    VISIT_WAITING = "visit-waiting"
    PLACE_OFFERED = "place-offered"
    PLACE_GONE = "place-gone"
    WAITING_LEFT = "waiting-left"
    WAITING_CANCELLED = "waiting-cancelled"
    FAMILY_WORDS = "family-words"
    NAMED_SERVICE = "named-service"
    CALLED_IN_VAIN = "called-in-vain"
    DESK_WAITS = "desk-waits"
    SIGN_IN = "sign-in"


class RecipientKind(StrEnum):
    ASKER = "asker"
    PARTNER = "partner"
    REGISTRATION = "registration"
    NUMBER = "number"
    CALLER = "caller"
    STAFF = "staff"
    MEMBER = "member"


class Budget(StrEnum):
    """Which part of the day's texts, and of the day's money, a text is paid from."""

    FREE = "free"
    REMINDER = "reminder"
    UNPROVEN = "unproven"
    REST = "rest"


class MessageState(StrEnum):
    PLANNED = "planned"
    IN_FLIGHT = "in-flight"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    PERSON = "person"
    EXPIRED = "expired"
    VOID = "void"


class AttemptState(StrEnum):
    IN_FLIGHT = "in-flight"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NOT_SENT = "not-sent"
    UNKNOWN = "unknown"


# Those whose purpose goes first (`purposes.FIRST`).
PLANNED_FIRST = "state = 'planned' AND purpose IN ('desk-waits', 'visit-cancelled', 'visit-moved')"


class Message(Base, table=True):
    """One text to one recipient over one channel. Its words are made at sending, from what holds then.

    `leased_until` is machine time, as is `called_at` of an attempt; every other time is business time.
    """

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_planned", "due_at", postgresql_where=text("state = 'planned'")),
        Index("ix_messages_planned_first", "due_at", postgresql_where=text(PLANNED_FIRST)),
        Index("ix_messages_in_flight", "leased_until", postgresql_where=text("state = 'in-flight'")),
        Index("ix_messages_unknown", "look_at", postgresql_where=text("state = 'unknown'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    purpose: Purpose = Field(sa_type=EnumText(Purpose))
    cause_id: UUID = Field(index=True)
    request_id: UUID | None = Field(default=None, index=True)
    recipient_kind: RecipientKind = Field(sa_type=EnumText(RecipientKind))
    recipient_id: UUID = Field(index=True)
    # Set only if the recipient is a bare number, such as one that texted STOP.
    to: str | None = Field(default=None, sa_column=Column("to", Encrypted("messages.to")))
    channel: ChannelName = Field(sa_type=EnumText(ChannelName))
    language: str
    state: MessageState = Field(default=MessageState.PLANNED, sa_type=EnumText(MessageState))
    reason: str | None = None
    due_at: datetime = Field(sa_type=UtcDateTime)
    not_after: datetime | None = Field(default=None, sa_type=UtcDateTime)
    windowed: bool = True
    # The version of the visit that the text is about; it is not sent for a later version.
    visit_version: int | None = None
    # A person at the desk sends it, so it waits for no ceiling.
    by_desk: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    dedupe_key: str = Field(unique=True)
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    fence: int = 0
    attempt_count: int = 0
    segments: int | None = None
    unknown_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    look_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    # When the provider had it delivered, as far as it says.
    arrived_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # Set once nothing here, nor in its attempts, leads to a person.
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Attempt(Base, table=True):
    """One try to hand a message to a provider; the row is on disk before the call is made.

    `to_index` is the blind index of the number or address. `provider_status` is the furthest status reported.
    `cost`: what the text costs, in ten-thousandths of the currency that its price is in. `ours`: it failed
    because it is we who are refused. An attempt of a version that knew no budgets has none.
    """

    __tablename__ = "attempts"
    __table_args__ = (
        Index("uq_attempts_message_id_number", "message_id", "number", unique=True),
        Index("ix_attempts_to_index_started_at", "to_index", "started_at"),
        # Holds all that the day's texts are counted by, so that counting reads no row.
        Index("ix_attempts_of_the_day", "channel", "started_at", postgresql_include=["budget", "cost"]),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    message_id: UUID = Field(foreign_key="messages.id", ondelete="CASCADE")
    number: int
    channel: ChannelName = Field(sa_type=EnumText(ChannelName))
    state: AttemptState = Field(default=AttemptState.IN_FLIGHT, sa_type=EnumText(AttemptState))
    to_index: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    provider_sid: str | None = Field(default=None, index=True)
    provider_status: ProviderStatus | None = Field(default=None, sa_type=EnumText(ProviderStatus))
    started_at: datetime = Field(sa_type=UtcDateTime)
    called_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error_code: str | None = None
    budget: Budget | None = Field(default=None, sa_type=EnumText(Budget))
    cost: int | None = None
    ours: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
