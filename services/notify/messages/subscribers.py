"""The events that make notify plan a message, or void one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from services.notify.channels.port import ChannelName
from services.notify.contacts import proofs
from services.notify.contacts.proofs import Found, Given
from services.notify.contacts.rules import QUESTION_KEEPS
from services.notify.messages.commands import (
    Wanted,
    ask_to_call,
    no_call_any_more,
    tell_otherwise,
    void,
    want,
    want_all,
)
from services.notify.messages.people import SERVICE as NAMED
from services.notify.messages.purposes import UNTIL_WITHDRAWN
from services.notify.messages.queries import asked_whose_number
from services.notify.messages.rules import JUST_NOW
from services.notify.messages.tables import Purpose
from services.notify.messages.ways import channel_for, goes_through_worker
from shared.events.details import CallText, ContactPoint, DeskCallDetail
from shared.events.envelope import Envelope
from shared.events.intake import (
    AnswerWritten,
    CallTextWanted,
    DeskItemWaits,
    DeskWordsWanted,
    RequestChange,
    RequestReceived,
    RequestUpdated,
    RequestWithdrawn,
)
from shared.events.referral import (
    ReferralAccepted,
    ReferralExpired,
    ReferralLinkRenewed,
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
# Whoever named safe times may have no screen to themselves: it waits until such a time comes round.
RECEIPT_KEEPS_UNTIL_SAFE = timedelta(days=8)
# What was named on the telephone is looked for within days; by then the caller calls again.
CALL_TEXT_KEEPS = timedelta(days=8)


def request_received(
    session: Session,
    events: Sequence[Envelope[RequestReceived]],
    contacts: Mapping[UUID, ContactPoint | None],
    *,
    at: datetime,
) -> None:
    """Plan the receipts, or ask whose an address is that anybody may have typed.

    A receipt answers what the asker just did, so it goes at any hour; one for an event that is heard of late
    keeps to the window, and so does all that the public form leads to.
    """
    found = _remember(session, contacts.values(), at)
    texts = [_first_text(event, contacts.get(event.id), found, at) for event in events]
    want_all(session, [one for one in texts if one is not None], at=at)


def _first_text(
    event: Envelope[RequestReceived], contact: ContactPoint | None, found: Mapping[UUID, Found], at: datetime
) -> Wanted | None:
    request_id = event.data.request_id
    if contact is None or found.get(request_id) is Found.LEAVE:
        return None
    asks = found.get(request_id) is Found.ASK
    return _to_asker(
        Purpose.CONFIRM_CONTACT if asks else Purpose.REQUEST_RECEIVED,
        request_id,
        request_id,
        contact,
        at,
        windowed=contact.by_public_form or at - event.time > JUST_NOW,
        not_after=at + _keeps(contact, asks),
    )


def _keeps(contact: ContactPoint, asks: bool) -> timedelta:
    if contact.safe_times:
        return RECEIPT_KEEPS_UNTIL_SAFE
    return QUESTION_KEEPS if asks or contact.by_public_form else RECEIPT_KEEPS


def _remember(
    session: Session, contacts: Iterable[ContactPoint | None], at: datetime
) -> Mapping[UUID, Found]:
    """Note which addresses are proven, and return what is found of those that are not."""
    reached = [(one, given) for one in contacts if one is not None and (given := _given(one)) is not None]
    proofs.vouched(session, [given for contact, given in reached if contact.is_proven], at=at)
    open_ones = [given for contact, given in reached if not contact.is_proven]
    asked = _asked(session, open_ones, ChannelName.SMS, at) | _asked(
        session, open_ones, ChannelName.EMAIL, at
    )
    return proofs.unproven(
        session,
        [replace(given, asked_at=asked.get(given.address)) for given in open_ones],
        at=at,
    )


def _asked(
    session: Session, given: Iterable[Given], channel: ChannelName, at: datetime
) -> dict[str, datetime]:
    """Return when the owners of these numbers or addresses were asked lately, also for a registration."""
    addresses = [one.address for one in given if one.channel == channel]
    return asked_whose_number(session, addresses, at, channel=channel)


def _given(contact: ContactPoint) -> Given | None:
    channel = ChannelName.for_contact(contact.channel)
    address = contact.phone if channel is ChannelName.SMS else contact.email
    if channel is None or not address or contact.withdrawn:
        return None
    return Given(contact.id, channel, address, asks=contact.proof_url is not None)


def updated(
    session: Session, event: Envelope[RequestUpdated], contact: ContactPoint | None, *, at: datetime
) -> None:
    """Remember an address as proven once intake says so: its owner followed the link, or a person vouches."""
    given = _given(contact) if contact is not None and contact.is_proven else None
    if given is None:
        return
    proofs.vouched(session, [given], at=at)
    if event.data.change is RequestChange.PROVEN:
        proofs.prove(session, given.request_id, at=at)
    else:
        proofs.vouch(session, given.request_id, at=at)


def accepted(
    session: Session, event: Envelope[ReferralAccepted], contact: ContactPoint | None, *, at: datetime
) -> None:
    """Tell the asker that a partner says yes; an asker who wants to be telephoned hears it from a person."""
    about = event.data
    if contact is not None and contact.channel is ContactChannel.PHONE and not contact.withdrawn:
        ask_to_call(session, about.request_id, "accepted", at=at)
        return
    if _is_told_otherwise(session, contact, Purpose.ACCEPTED, about.offer_id, at):
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
    if _is_told_otherwise(session, contact, Purpose.NOBODY_FOUND, event.data.request_id, at):
        return
    wanted = _to_asker(Purpose.NOBODY_FOUND, event.data.referral_id, event.data.request_id, contact, at)
    if wanted is not None:
        want(session, wanted, at=at)


def _is_told_otherwise(
    session: Session, contact: ContactPoint | None, purpose: Purpose, once_for: UUID, at: datetime
) -> bool:
    """Whether a person tells it, by letter or through a professional whom no mail reaches."""
    if contact is None or contact.withdrawn or goes_through_worker(purpose, contact):
        return False
    return tell_otherwise(session, contact, f"letter-{purpose}", once_for, at=at)


def answered(
    session: Session, event: Envelope[AnswerWritten], contact: ContactPoint | None, *, at: datetime
) -> None:
    """Tell the asker that there is an answer, by the channel they chose: once until they have read it."""
    about = event.data
    if contact is not None and contact.channel is ContactChannel.PHONE and not contact.withdrawn:
        ask_to_call(session, about.request_id, "answer-written", at=at)
        return
    if _is_told_otherwise(session, contact, Purpose.ANSWER_WRITTEN, about.answer_id, at):
        return
    wanted = _to_asker(
        Purpose.ANSWER_WRITTEN, about.request_id, about.request_id, contact, at, once_for=about.answer_id
    )
    if wanted is not None:
        want(session, wanted, at=at)


def desk_words(
    session: Session, event: Envelope[DeskWordsWanted], contact: ContactPoint | None, *, at: datetime
) -> None:
    """Send an asker what somebody at the desk wrote to them, once, when it is safe."""
    about = event.data
    wanted = _to_asker(
        Purpose.DESK_WORDS, about.words_id, about.request_id, contact, at, once_for=about.words_id
    )
    if wanted is not None:
        want(session, replace(wanted, by_desk=True), at=at)


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


def link_renewed(
    session: Session, event: Envelope[ReferralLinkRenewed], detail: Any, *, at: datetime
) -> None:
    want(session, _to_partner(Purpose.FRESH_LINK, event, at, once_for=event.id), at=at)


def withdrawn(session: Session, event: Envelope[RequestWithdrawn], detail: Any, *, at: datetime) -> None:
    if void(session, event.data.request_id, reason="withdrawn", purposes=[Purpose.CONFIRM_CONTACT]):
        proofs.not_asked(session, event.data.request_id)
    void(session, event.data.request_id, reason="withdrawn", purposes=UNTIL_WITHDRAWN)
    no_call_any_more(session, event.data.request_id, "withdrawn", at=at)


def item_waits(
    session: Session, event: Envelope[DeskItemWaits], call: DeskCallDetail | None, *, at: datetime
) -> None:
    """Call somebody who works here to the desk, at any hour: by text, or by mail without a duty telephone."""
    call_id = event.data.call_id
    wanted = Wanted(
        purpose=Purpose.DESK_WAITS,
        cause_id=call_id,
        recipient_id=call_id,
        channel=ChannelName.SMS if call and call.phone else ChannelName.EMAIL,
        language="nl",
        due_at=at,
        windowed=False,
        dedupe_key=f"{Purpose.DESK_WAITS}:{call_id}",
    )
    want(session, wanted, at=at)


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
    channel = channel_for(purpose, contact) if contact else None
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


def _to_partner(
    purpose: Purpose, event: Envelope[Any], at: datetime, *, once_for: UUID | None = None
) -> Wanted:
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
        dedupe_key=f"{purpose}:{once_for or offer_id}",
    )


def call_text_wanted(
    session: Session, event: Envelope[CallTextWanted], text: CallText | None, *, at: datetime
) -> None:
    """Send a caller what they said yes to: at once while they are on the line, later on in the window."""
    channel = ChannelName.for_contact(text.channel) if text else None
    if text is None or channel is None:
        return
    named = text.words == NAMED
    wanted = Wanted(
        purpose=Purpose.NAMED_SERVICE if named else Purpose.CALLED_IN_VAIN,
        cause_id=event.data.text_id,
        recipient_id=event.data.text_id,
        channel=channel,
        language=text_language(text.language),
        due_at=at,
        not_after=at + CALL_TEXT_KEEPS,
        windowed=not named or at - event.time > JUST_NOW,
        dedupe_key=f"call-text:{event.data.text_id}",
    )
    want(session, wanted, at=at)


SUBSCRIPTIONS = (
    on(CallTextWanted, call_text_wanted, detail=CallText),
    on_many(RequestReceived, request_received, detail=ContactPoint),
    on(RequestUpdated, updated, detail=ContactPoint),
    on(RequestWithdrawn, withdrawn),
    on_many(ReferralOffered, offered),
    on(ReferralNudged, nudged),
    on(ReferralAccepted, accepted, detail=ContactPoint),
    on(ReferralExpired, expired),
    on(ReferralRecalled, recalled),
    on(ReferralLinkRenewed, link_renewed),
    on(ReferralUnplaced, unplaced, detail=ContactPoint),
    on(AnswerWritten, answered, detail=ContactPoint),
    on(DeskWordsWanted, desk_words, detail=ContactPoint),
    on(DeskItemWaits, item_waits, detail=DeskCallDetail),
)
