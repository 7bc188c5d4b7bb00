"""The events of intake."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from shared.events.details import CallText, DeskCallDetail, Detail, RequestFacts
from shared.events.payloads import Payload


class RequestChange(StrEnum):
    """What changed. `proven`: its asker answered from the contact point; `confirmed`: a person decided."""

    HOLD_LIFTED = "hold-lifted"
    CONSENT_GIVEN = "consent-given"
    PROVEN = "proven"
    CONFIRMED = "confirmed"


class _AboutRequest(Payload):
    producer: ClassVar[str] = "intake"
    detail: ClassVar[type[Detail] | None] = RequestFacts

    request_id: UUID

    @property
    def subject(self) -> UUID:
        return self.request_id


class RequestReceived(_AboutRequest):
    """An advice request is stored, and its asker has been told so."""

    name: ClassVar[str] = "request.received"
    subscribers: ClassVar[tuple[str, ...]] = ("referral", "notify")


class RequestUpdated(_AboutRequest):
    """Something changed that decides whether the advice request may be referred, or its asker written to."""

    name: ClassVar[str] = "request.updated"
    subscribers: ClassVar[tuple[str, ...]] = ("referral", "notify")

    change: RequestChange


class PersonErased(Payload):
    """The person behind an advice request was erased: forget what is kept of them.

    `asked`: somebody asked for it, so a partner that helps must hear that this is over. Otherwise only the
    time is over for which we keep what we know.
    """

    name: ClassVar[str] = "person.erased"
    producer: ClassVar[str] = "intake"
    subscribers: ClassVar[tuple[str, ...]] = ("referral", "notify")

    request_id: UUID
    asked: bool = True

    @property
    def subject(self) -> UUID:
        return self.request_id


class RequestWithdrawn(_AboutRequest):
    """The asker withdrew the advice request: it must not be acted on any more."""

    name: ClassVar[str] = "request.withdrawn"
    subscribers: ClassVar[tuple[str, ...]] = ("referral", "notify")


class CallTextWanted(Payload):
    """Somebody who called is to be sent what they said yes to."""

    name: ClassVar[str] = "call-text.wanted"
    producer: ClassVar[str] = "intake"
    subscribers: ClassVar[tuple[str, ...]] = ("notify",)
    detail: ClassVar[type[Detail] | None] = CallText

    text_id: UUID

    @property
    def subject(self) -> UUID:
        return self.text_id


class DeskItemWaits(Payload):
    """Something urgent waits at the desk that nobody takes, and one person is called to it."""

    name: ClassVar[str] = "desk.item-waits"
    producer: ClassVar[str] = "intake"
    subscribers: ClassVar[tuple[str, ...]] = ("notify",)
    detail: ClassVar[type[Detail] | None] = DeskCallDetail

    call_id: UUID

    @property
    def subject(self) -> UUID:
        return self.call_id
