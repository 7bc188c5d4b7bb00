from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.referral.base import Base
from shared.database.columns import EnumText, UtcDateTime
from shared.events.details import AboutRequest
from shared.ids import new_id
from shared.vocabulary import Urgency


class Status(StrEnum):
    """The state of a referral. A proposed one waits for a person; the desk takes over an unplaced one."""

    PROPOSED = "proposed"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    UNPLACED = "unplaced"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class OfferState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    RECALLED = "recalled"


class DeclineReason(StrEnum):
    FULL = "full"
    NOT_OURS = "not-ours"
    AREA = "area"
    LANGUAGE = "language"
    OTHER = "other"


class ConsentBy(StrEnum):
    """Who said, after the advice request came in, that it may be shared."""

    ASKER = "asker"
    GUARDIAN = "guardian"
    REQUESTER = "requester"


class ConsentHow(StrEnum):
    BY_TELEPHONE = "by-telephone"
    IN_WRITING = "in-writing"
    ON_STATUS_PAGE = "on-status-page"
    IN_CONVERSATION = "in-conversation"


class Referral(Base, table=True):
    """An advice request on its way to one partner at a time.

    `profile` is what is kept of the advice request, as JSON (see `about`); `explanation` is the outcome of
    its last matching, under the rules of version `ruleset`. The `consent` columns are of a yes that was said
    after the advice request came in, and name who noted it.
    """

    __tablename__ = "referrals"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    request_id: UUID = Field(unique=True)
    status: Status = Field(default=Status.PROPOSED, sa_type=EnumText(Status))
    urgency: Urgency = Field(default=Urgency.NORMAL, sa_type=EnumText(Urgency))
    country: str
    profile: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    explanation: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    ruleset: str
    reason: str | None = None
    accepted_service_id: UUID | None = None
    accepted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    consent_by: ConsentBy | None = Field(default=None, sa_type=EnumText(ConsentBy))
    consent_how: ConsentHow | None = Field(default=None, sa_type=EnumText(ConsentHow))
    consent_on: date | None = None
    consent_noted_by: str | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    # Set once the profile holds only codes for the figures, and the explanation nothing.
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def about(self) -> AboutRequest:
        """What is kept of the advice request: nothing that could identify a person."""
        return AboutRequest.model_validate(self.profile)


class Offer(Base, table=True):
    """A referral offered to one partner. The token of its link is derived from the id; its hash is stored.

    A fresh link has the next `link_epoch`, and works until `link_until`. `ended_at` is when this partner no
    longer had anything to do with it.

    `leased_until` follows the clock of the database, every other time that of the application. `explanation`
    says why the partner was asked, once the referral has a newer explanation.
    """

    __tablename__ = "offers"
    __table_args__ = (
        Index("ix_offers_open_nudge_at", "nudge_at", postgresql_where=text("state = 'open'")),
        Index("ix_offers_open_answer_by", "answer_by", postgresql_where=text("state = 'open'")),
        Index("ix_offers_service_id_offered_at", "service_id", "offered_at"),
        # At most one partner is asked at a time.
        Index("uq_offers_one_open", "referral_id", unique=True, postgresql_where=text("state = 'open'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    referral_id: UUID = Field(foreign_key="referrals.id", index=True)
    service_id: UUID = Field(foreign_key="services.id")
    number: int
    state: OfferState = Field(default=OfferState.OPEN, sa_type=EnumText(OfferState))
    token_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    offered_at: datetime = Field(sa_type=UtcDateTime)
    nudge_at: datetime = Field(sa_type=UtcDateTime)
    nudged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answer_by: datetime = Field(sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decline_reason: DeclineReason | None = Field(default=None, sa_type=EnumText(DeclineReason))
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    explanation: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    link_epoch: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    link_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class FormerLink(Base, table=True):
    """A link that a fresh one took the place of: it leads to the page that sends another, and no further."""

    __tablename__ = "former_links"

    token_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    offer_id: UUID = Field(foreign_key="offers.id", ondelete="CASCADE", index=True)


class WithdrawnRequest(Base, table=True):
    """A withdrawn advice request, kept so that the event of its arrival does no harm if it comes later."""

    __tablename__ = "withdrawn_requests"

    request_id: UUID = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
