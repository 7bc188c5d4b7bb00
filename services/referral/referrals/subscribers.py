from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from services.referral.referrals import commands
from services.referral.subscriptions import subscriptions
from shared.events.envelope import Envelope
from shared.events.intake import RequestReceived, RequestUpdated, RequestWithdrawn
from shared.events.notify import MessageFailed
from shared.messaging import RetryLater
from shared.runtime import current

# What a person is told where a mail to a partner will not arrive, by the purpose of the mail.
UNDELIVERED = {
    "offer": commands.offer_undeliverable,
    "nudge": commands.offer_undeliverable,
    "recalled": commands.recall_undeliverable,
}


def questions(events: Sequence[Envelope[Any]]) -> Mapping[UUID, Any]:
    """What intake knows now of each question, by event; one call for the whole batch."""
    known = current().peers.intake.lookup(
        "/internal/advice-requests", [event.data.request_id for event in events]
    )
    return {event.id: known.get(event.data.request_id) for event in events}


@subscriptions.on(RequestReceived, fetch=questions)
def on_received(
    session: Session, event: Envelope[RequestReceived], detail: Mapping[str, Any] | None, *, at: datetime
) -> None:
    _known(detail)
    if detail and not detail["withdrawn"]:
        commands.receive(
            session, event.data.request_id, detail, at=at, auto_offer=current().settings.auto_offer
        )


@subscriptions.on(RequestUpdated, fetch=questions)
def on_updated(
    session: Session, event: Envelope[RequestUpdated], detail: Mapping[str, Any] | None, *, at: datetime
) -> None:
    _known(detail)
    if detail and not detail["withdrawn"]:
        commands.reconsider(
            session, event.data.request_id, detail, at=at, auto_offer=current().settings.auto_offer
        )


@subscriptions.on(RequestWithdrawn)
def on_withdrawn(session: Session, event: Envelope[RequestWithdrawn], detail: None, *, at: datetime) -> None:
    commands.withdraw(session, event.data.request_id, at=at)


@subscriptions.on(MessageFailed)
def on_message_failed(
    session: Session, event: Envelope[MessageFailed], detail: None, *, at: datetime
) -> None:
    tell = UNDELIVERED.get(event.data.purpose)
    if tell:
        tell(session, event.data.recipient_id, at=at)


def _known(detail: Mapping[str, Any] | None) -> None:
    """What its owner does not know (after a backup was restored, say) is tried again, then a person's."""
    if detail is None:
        raise RetryLater("question-unknown")
