from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from services.intake.requests import commands
from services.intake.requests.tables import Doubt, State
from shared.events.envelope import Envelope
from shared.events.notify import ContactDenied, ContactProven
from shared.events.payloads import Payload
from shared.events.referral import (
    ReferralAccepted,
    ReferralClosed,
    ReferralConsented,
    ReferralOffered,
    ReferralProposed,
    ReferralUnplaced,
)
from shared.messaging import on_many
from shared.telemetry import caused_by

NEWS: dict[type[Payload], State] = {
    ReferralProposed: State.WAITING,
    ReferralOffered: State.OFFERED,
    ReferralAccepted: State.ACCEPTED,
    ReferralUnplaced: State.WAITING,
    ReferralClosed: State.CLOSED,
}


def on_news(session: Session, events: Sequence[Envelope[Any]], details: Any, *, at: datetime) -> None:
    """Let the state of advice requests follow their referrals, by when things happened, not when we heard."""
    commands.hear_all(
        session,
        [
            commands.News(event.data.request_id, NEWS[type(event.data)], event.data.referral_id, event.time)
            for event in events
        ],
    )


def on_consent(
    session: Session, events: Sequence[Envelope[ReferralConsented]], details: Any, *, at: datetime
) -> None:
    # In the order of the ids, as `hear_all` locks them.
    for request_id in sorted(event.data.request_id for event in events):
        commands.agree(session, request_id)


def on_proven(
    session: Session, events: Sequence[Envelope[ContactProven]], details: Any, *, at: datetime
) -> None:
    # In the order of the ids, as `hear_all` locks them.
    for event in sorted(events, key=lambda event: event.data.request_id):
        with caused_by(event.correlationid, event.id):
            commands.prove(session, event.data.request_id, at=at)


def on_denied(
    session: Session, events: Sequence[Envelope[ContactDenied]], details: Any, *, at: datetime
) -> None:
    for event in sorted(events, key=lambda event: event.data.request_id):
        why = Doubt.MANY_FOR_ONE_CONTACT if event.data.too_many else Doubt.DENIED
        commands.deny(session, event.data.request_id, why, at=at)


SUBSCRIPTIONS = (
    on_many(ContactProven, on_proven),
    on_many(ContactDenied, on_denied),
    on_many(ReferralConsented, on_consent),
    *(on_many(payload, on_news) for payload in NEWS),
)
