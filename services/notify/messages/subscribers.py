"""The events that make notify plan a message, or void one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from services.notify.channels.port import ChannelName
from services.notify.messages.commands import Wanted, ask_to_call, no_call_any_more, void, want, want_all
from services.notify.messages.purposes import UNTIL_WITHDRAWN
from services.notify.messages.rules import JUST_NOW
from services.notify.messages.tables import Purpose
from shared.events.details import ContactPoint
from shared.events.envelope import Envelope
from shared.events.intake import RequestReceived, RequestWithdrawn
from shared.events.referral import (
    ReferralAccepted,
    ReferralExpired,
    ReferralNudged,
    ReferralOffered,
    ReferralRecalled,
    ReferralUnplaced,
)
from shared.languages import text_language
from shared.messaging import on, on_many
from shared.vocabulary import ContactChannel

# A receipt that is a day late is of no use: the asker has seen the reference on the screen.
RECEIPT_KEEPS = timedelta(hours=24)


def request_received(
    session: Session,
    events: Sequence[Envelope[RequestReceived]],
    contacts: Mapping[UUID, ContactPoint | None],
    *,
    at: datetime,
) -> None:
    """Plan the receipts. They answer what the asker just did, so they go at any hour.

    A receipt for an event that is heard of late keeps to the window.
    """
    receipts = [
        _to_asker(
            Purpose.REQUEST_RECEIVED,
            event.data.request_id,
            event.data.request_id,
            contacts.get(event.id),
            at,
            windowed=at - event.time > JUST_NOW,
            not_after=at + RECEIPT_KEEPS,
        )
        for event in events
    ]
    want_all(session, [one for one in receipts if one is not None], at=at)


def accepted(
    session: Session, event: Envelope[ReferralAccepted], contact: ContactPoint | None, *, at: datetime
) -> None:
    """Tell the asker that a partner says yes; an asker who wants to be telephoned hears it from a person."""
    about = event.data
    if contact is not None and contact.channel is ContactChannel.PHONE and not contact.withdrawn:
        ask_to_call(session, about.request_id, "accepted", at=at)
        return
    wanted = _to_asker(
        Purpose.ACCEPTED, about.referral_id, about.request_id, contact, at, once_for=about.offer_id
    )
    if wanted is not None:
        want(session, wanted, at=at)


def unplaced(
    session: Session, event: Envelope[ReferralUnplaced], contact: ContactPoint | None, *, at: datetime
) -> None:
    """Tell the asker that no partner was found: once for an advice request, however often it is tried again.

    An asker who wants to be telephoned needs no call asked for: the desk knows of such a request already.
    """
    wanted = _to_asker(Purpose.NOBODY_FOUND, event.data.referral_id, event.data.request_id, contact, at)
    if wanted is not None:
        want(session, wanted, at=at)


def offered(
    session: Session,
    events: Sequence[Envelope[ReferralOffered]],
    details: Mapping[UUID, Any],
    *,
    at: datetime,
) -> None:
    want_all(session, [_to_partner(Purpose.OFFER, event, at) for event in events], at=at)


def nudged(session: Session, event: Envelope[ReferralNudged], detail: Any, *, at: datetime) -> None:
    want(session, _to_partner(Purpose.NUDGE, event, at), at=at)


def expired(session: Session, event: Envelope[ReferralExpired], detail: Any, *, at: datetime) -> None:
    want(session, _to_partner(Purpose.RECALLED, event, at), at=at)


def recalled(session: Session, event: Envelope[ReferralRecalled], detail: Any, *, at: datetime) -> None:
    want(session, _to_partner(Purpose.RECALLED, event, at), at=at)
    # The asker may be waiting to be called with the news that a partner helps, which no longer holds.
    no_call_any_more(session, event.data.request_id, "recalled", at=at)


def withdrawn(session: Session, event: Envelope[RequestWithdrawn], detail: Any, *, at: datetime) -> None:
    void(session, event.data.request_id, reason="withdrawn", purposes=UNTIL_WITHDRAWN)
    no_call_any_more(session, event.data.request_id, "withdrawn", at=at)


def _to_asker(
    purpose: Purpose,
    cause_id: UUID,
    request_id: UUID,
    contact: ContactPoint | None,
    at: datetime,
    *,
    windowed: bool = True,
    not_after: datetime | None = None,
    once_for: UUID | None = None,
) -> Wanted | None:
    """Return None for an asker who is unknown, withdrew the advice request, or has no channel for texts."""
    channel = ChannelName.for_contact(contact.channel) if contact else None
    if contact is None or contact.withdrawn or channel is None:
        return None
    return Wanted(
        purpose=purpose,
        cause_id=cause_id,
        request_id=request_id,
        recipient_id=request_id,
        channel=channel,
        language=text_language(contact.language, contact.otherwise),
        due_at=at,
        not_after=not_after,
        windowed=windowed,
        dedupe_key=f"{purpose}:{once_for or request_id}",
    )


def _to_partner(purpose: Purpose, event: Envelope[Any], at: datetime) -> Wanted:
    """Return a mail to an offer's partner. It goes at any hour: it reaches a desk, not a kitchen table."""
    offer_id = event.data.offer_id
    return Wanted(
        purpose=purpose,
        cause_id=event.data.referral_id,
        request_id=event.data.request_id,
        recipient_id=offer_id,
        channel=ChannelName.EMAIL,
        language="nl",
        due_at=at,
        windowed=False,
        dedupe_key=f"{purpose}:{offer_id}",
    )


SUBSCRIPTIONS = (
    on_many(RequestReceived, request_received, detail=ContactPoint),
    on(RequestWithdrawn, withdrawn),
    on_many(ReferralOffered, offered),
    on(ReferralNudged, nudged),
    on(ReferralAccepted, accepted, detail=ContactPoint),
    on(ReferralExpired, expired),
    on(ReferralRecalled, recalled),
    on(ReferralUnplaced, unplaced, detail=ContactPoint),
)
