"""What intake tells the others."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from shared.events.details import Detail, RequestFacts
from shared.events.payloads import Payload


class RequestChange(StrEnum):
    HOLD_LIFTED = "hold-lifted"


class _AboutRequest(Payload):
    producer: ClassVar[str] = "intake"
    detail: ClassVar[type[Detail] | None] = RequestFacts

    request_id: UUID

    @property
    def subject(self) -> UUID:
        return self.request_id


class RequestReceived(_AboutRequest):
    """A question is on disk and its asker has been answered."""

    name: ClassVar[str] = "request.received"
    subscribers: ClassVar[tuple[str, ...]] = ("referral", "notify")


class RequestUpdated(_AboutRequest):
    """Something changed that decides whether the question may be referred."""

    name: ClassVar[str] = "request.updated"
    subscribers: ClassVar[tuple[str, ...]] = ("referral",)

    change: RequestChange


class RequestWithdrawn(_AboutRequest):
    """The asker took the question back: nobody may act on it any more."""

    name: ClassVar[str] = "request.withdrawn"
    subscribers: ClassVar[tuple[str, ...]] = ("referral", "notify")
