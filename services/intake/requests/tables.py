from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from services.intake.base import Base
from shared.database.columns import EnumText, UtcDateTime
from shared.database.encrypted import Encrypted
from shared.ids import new_id
from shared.vocabulary import Audience, ContactChannel, Remote, Share, Stage, Urgency


class State(StrEnum):
    """What a person who comes back to an advice request is told."""

    RECEIVED = "received"
    HELD = "held"
    WAITING = "waiting"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class WaitsFor(StrEnum):
    """What has to happen before anything of an advice request from the public form goes to others."""

    PROOF = "proof"
    PERSON = "person"


class Doubt(StrEnum):
    """Why a person reads an advice request before anything is done with it."""

    NOTHING_TO_PROVE = "nothing-to-prove"
    MANY_FROM_ONE_PLACE = "many-from-one-place"
    FAST_FROM_ONE_PLACE = "fast-from-one-place"
    MANY_FORMS = "many-forms"
    MANY_BY_ONE_KEY = "many-by-one-key"
    OLD_FORM = "old-form"
    FORM_SENT_TWICE = "form-sent-twice"
    NOT_PROVEN = "not-proven"
    DENIED = "denied"
    MANY_FOR_ONE_CONTACT = "many-for-one-contact"


class ClosedAs(StrEnum):
    """Why a person closed an advice request without helping."""

    NOT_REAL = "not-real"
    ASKED_TWICE = "asked-twice"


# The sender of what came by the public form.
PUBLIC_FORM = "form"
UNSEALED = "idempotency_key NOT LIKE 'sealed:%'"
UNMARKED = "marks IS NULL AND erased_at IS NULL"
# Kilobytes that are not yet in their place: whoever searches reads them all.
SMALL = {"gin_pending_list_limit": 256}


class AdviceRequest(Base, table=True):
    """An advice request. What names or reaches a person is encrypted; the rest is codes.

    `state_time` is when the event behind the state happened: older news does not undo newer. `waits_for` is
    None for what a key or the desk sent in, and for what was proven or confirmed: it is free. `doubted_at` is
    when a person reads what has not been proven by then; `leased_until` is machine time.
    """

    __tablename__ = "advice_requests"
    __table_args__ = (
        UniqueConstraint("client", "idempotency_key"),
        Index("ix_advice_requests_doubted_at", "doubted_at", postgresql_where=text("doubted_at IS NOT NULL")),
        Index("ix_advice_requests_waiting", "received_at", postgresql_where=text("waits_for IS NOT NULL")),
        # Keys that the version before wrote as they were sent, until they are sealed.
        Index("ix_advice_requests_unsealed", "id", postgresql_where=text(UNSEALED)),
        Index("ix_advice_requests_marks", "marks", postgresql_using="gin", postgresql_with=SMALL),
        # What the version before wrote, until it can be found.
        Index("ix_advice_requests_unmarked", "id", postgresql_where=text(UNMARKED)),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    reference: str = Field(unique=True)
    return_code_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    # The sender (a key's id, or `form`), the sender's idempotency key, sealed, and a keyed hash of the body.
    client: str
    idempotency_key: str | None = None
    # The organisation whose key it is, if any: its other keys see the request too.
    organisation: str | None = None
    fingerprint: bytes = Field(sa_column=Column(LargeBinary, nullable=False))

    state: State = Field(default=State.RECEIVED, sa_type=EnumText(State))
    state_time: datetime = Field(sa_type=UtcDateTime)
    referral_id: UUID | None = None
    hold: bool = False

    waits_for: WaitsFor | None = Field(default=None, sa_type=EnumText(WaitsFor))
    doubt: Doubt | None = Field(default=None, sa_type=EnumText(Doubt))
    proven_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    doubted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_as: ClosedAs | None = Field(default=None, sa_type=EnumText(ClosedAs))

    audience: Audience = Field(sa_type=EnumText(Audience))
    help_for: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    needs: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    stage: Stage | None = Field(default=None, sa_type=EnumText(Stage))
    child_age_bands: list[str] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    country: str
    postcode: str
    language: str
    # That of the page on which it was asked; none where it came by the API.
    page_language: str | None = None
    facility: str | None = None
    urgency: Urgency = Field(default=Urgency.NORMAL, sa_type=EnumText(Urgency))
    remote: Remote = Field(default=Remote.YES, sa_type=EnumText(Remote))
    danger: bool = False
    share: Share = Field(sa_type=EnumText(Share))

    channel: ContactChannel = Field(sa_type=EnumText(ContactChannel))
    name: str | None = Field(default=None, sa_column=Column(Encrypted("advice_requests.name")))
    phone: str | None = Field(default=None, sa_column=Column(Encrypted("advice_requests.phone")))
    email: str | None = Field(default=None, sa_column=Column(Encrypted("advice_requests.email")))
    address: str | None = Field(default=None, sa_column=Column(Encrypted("advice_requests.address")))
    worker: str | None = Field(default=None, sa_column=Column(Encrypted("advice_requests.worker")))
    question: str | None = Field(default=None, sa_column=Column(Encrypted("advice_requests.question")))
    requester: str | None = Field(default=None, sa_column=Column(Encrypted("advice_requests.requester")))
    # By what the asker is found (`shared.finding`); gone once they are erased.
    marks: list[int] | None = Field(default=None, sa_column=Column(ARRAY(BigInteger)))
    safe_times: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    voicemail: bool = False
    discreet: bool = True
    minors_own_phone: bool = False

    # Since when an answer of ours waits that its asker has not read; they are told of one at a time.
    unread_answer_since: datetime | None = Field(default=None, sa_type=UtcDateTime)

    received_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    # Set once nothing here names or reaches anybody: what is left are codes for the figures.
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    province: str | None = None
