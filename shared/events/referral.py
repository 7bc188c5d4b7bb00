"""The events of referral."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from shared.events.details import Detail, OfferDetail, ReferralDetail
from shared.events.payloads import Payload


class UnplacedReason(StrEnum):
    NO_CANDIDATE = "no-candidate"
    THREE_DECLINES = "three-declines"


class ReferralOutcome(StrEnum):
    SETTLED_BY_TELEPHONE = "settled-by-telephone"
    SETTLED_IN_WRITING = "settled-in-writing"


class _AboutReferral(Payload):
    producer: ClassVar[str] = "referral"
    detail: ClassVar[type[Detail] | None] = ReferralDetail

    referral_id: UUID
    request_id: UUID

    @property
    def subject(self) -> UUID:
        return self.referral_id


class _AboutOffer(_AboutReferral):
    detail: ClassVar[type[Detail] | None] = OfferDetail

    offer_id: UUID


class ReferralProposed(_AboutReferral):
    """A person must confirm before anything is offered."""

    name: ClassVar[str] = "referral.proposed"
    subscribers: ClassVar[tuple[str, ...]] = ("intake",)


class ReferralConsented(_AboutReferral):
    """The asker has told the desk that a partner may be told."""

    name: ClassVar[str] = "referral.consented"
    subscribers: ClassVar[tuple[str, ...]] = ("intake",)


class ReferralOffered(_AboutOffer):
    name: ClassVar[str] = "referral.offered"
    subscribers: ClassVar[tuple[str, ...]] = ("intake", "notify")


class ReferralNudged(_AboutOffer):
    """The partner has not responded yet and is asked once more."""

    name: ClassVar[str] = "referral.nudged"
    subscribers: ClassVar[tuple[str, ...]] = ("notify",)


class ReferralAccepted(_AboutOffer):
    name: ClassVar[str] = "referral.accepted"
    subscribers: ClassVar[tuple[str, ...]] = ("intake", "notify")


class ReferralExpired(_AboutOffer):
    """The time to respond is over; the partner is told that the offer has expired."""

    name: ClassVar[str] = "referral.expired"
    subscribers: ClassVar[tuple[str, ...]] = ("notify",)


class ReferralRecalled(_AboutOffer):
    """An offer that was open or accepted was recalled."""

    name: ClassVar[str] = "referral.recalled"
    subscribers: ClassVar[tuple[str, ...]] = ("notify",)


class ReferralLinkRenewed(_AboutOffer):
    """A partner asked for a fresh link, since the one that it had has ended."""

    name: ClassVar[str] = "referral.link-renewed"
    subscribers: ClassVar[tuple[str, ...]] = ("notify",)


class ReferralUnplaced(_AboutReferral):
    """No partner could be found automatically; the desk continues by telephone."""

    name: ClassVar[str] = "referral.unplaced"
    subscribers: ClassVar[tuple[str, ...]] = ("intake", "notify")

    reason: UnplacedReason


class ReferralClosed(_AboutReferral):
    name: ClassVar[str] = "referral.closed"
    subscribers: ClassVar[tuple[str, ...]] = ("intake",)

    outcome: ReferralOutcome
