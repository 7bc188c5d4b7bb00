from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from services.referral.referrals.tables import ConsentBy, ConsentHow
from shared.web.schemas import ApiModel, Utc


class ServiceOut(ApiModel):
    id: UUID
    name: str
    organisation: str
    sample: bool


class OfferOut(ApiModel):
    """An offer to a partner, with its answer or the time until which it can answer.

    `explanation` says why the partner was asked; null where the referral's own explanation says it.
    """

    id: UUID
    service_id: UUID
    state: str
    offered_at: Utc
    answer_by: Utc
    answered_at: Utc | None
    decline_reason: str | None
    explanation: dict[str, Any] | None


class ConsentOut(ApiModel):
    """A yes to sharing that was said after the advice request came in: by whom, how, and on which day."""

    by: ConsentBy
    how: ConsentHow
    on: date


class ReferralOut(ApiModel):
    """`service` is the one that is asked now or that accepted. `explanation` says why, in sentences."""

    id: UUID
    advice_request_id: UUID
    state: str
    reason: str | None
    urgency: str
    service: ServiceOut | None
    offers: list[OfferOut]
    consent: ConsentOut | None
    created_at: Utc
    updated_at: Utc
    explanation: dict[str, Any]
