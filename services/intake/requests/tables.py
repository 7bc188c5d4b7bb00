from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
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


class AdviceRequest(Base, table=True):
    """An advice request. What names or reaches a person is encrypted; the rest is codes.

    `state_time` is when the event behind the state happened: older news does not undo newer.
    """

    __tablename__ = "advice_requests"
    __table_args__ = (UniqueConstraint("client", "idempotency_key"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    reference: str = Field(unique=True)
    return_code_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    # The sender (a key's id, or `form`), the sender's idempotency key, and a keyed hash of what was sent.
    client: str
    idempotency_key: str | None = None
    fingerprint: bytes = Field(sa_column=Column(LargeBinary, nullable=False))

    state: State = Field(default=State.RECEIVED, sa_type=EnumText(State))
    state_time: datetime = Field(sa_type=UtcDateTime)
    referral_id: UUID | None = None
    hold: bool = False

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
    question: str | None = Field(default=None, sa_column=Column(Encrypted("advice_requests.question")))
    requester: str | None = Field(default=None, sa_column=Column(Encrypted("advice_requests.requester")))
    safe_times: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    voicemail: bool = False
    discreet: bool = True
    minors_own_phone: bool = False

    received_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
