"""The sources of this room: an asker is intake's to know, a partner referral's, and a bare number our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.notify.channels.port import ChannelName
from services.notify.messages import queries, sources
from services.notify.messages.moments import Rhythm, SafeTime
from services.notify.messages.sources import Nobody, Recipient
from services.notify.messages.tables import Message, Purpose, RecipientKind
from shared.countries import BY_CODE, DEFAULT, of_number
from shared.events.details import ContactPoint, OfferDetail, ReferralDetail
from shared.languages import text_language
from shared.runtime import Runtime

ABOUT_REFERRAL = frozenset({Purpose.ACCEPTED, Purpose.NOBODY_FOUND})
OPEN_ONLY = frozenset({Purpose.OFFER, Purpose.NUDGE})


def register() -> None:
    """Let this room answer for its three kinds of recipients. Twice is as once."""
    sources.register(RecipientKind.ASKER, askers)
    sources.register(RecipientKind.PARTNER, partners)
    sources.register(RecipientKind.NUMBER, numbers)


def askers(runtime: Runtime, messages: Sequence[Message]) -> Mapping[UUID, Recipient | Nobody]:
    contacts = runtime.peers.lookup(ContactPoint, [message.recipient_id for message in messages])
    about = [message.cause_id for message in messages if message.purpose in ABOUT_REFERRAL]
    referrals = runtime.peers.lookup(ReferralDetail, about) if about else {}
    return {
        message.id: asker(message, contacts.get(message.recipient_id), referrals.get(message.cause_id))
        for message in messages
    }


def partners(runtime: Runtime, messages: Sequence[Message]) -> Mapping[UUID, Recipient | Nobody]:
    offers = runtime.peers.lookup(OfferDetail, [message.recipient_id for message in messages])
    with runtime.sessions() as session:
        told = queries.went_out(session, list(offers), Purpose.OFFER)
    return {
        message.id: partner(message, offers.get(message.recipient_id), told=message.recipient_id in told)
        for message in messages
    }


def numbers(runtime: Runtime, messages: Sequence[Message]) -> Mapping[UUID, Recipient | Nobody]:
    return {message.id: number(message) for message in messages}


def asker(
    message: Message, contact: ContactPoint | None, referral: ReferralDetail | None
) -> Recipient | Nobody:
    """Somebody who asked, unless they took it back, or what there was to say is no longer so."""
    if contact is None:
        return Nobody("recipient-gone")
    if contact.withdrawn:
        return Nobody("withdrawn")
    channel = ChannelName.for_contact(contact.channel)
    if channel is None:
        return Nobody("no-channel")
    if message.purpose is Purpose.ACCEPTED and not (referral and referral.organisation):
        return Nobody("no-longer-so")
    if message.purpose is Purpose.NOBODY_FOUND and channel is ChannelName.SMS and contact.by_public_form:
        # One receipt, and nothing more to a number that nobody has proven before a partner says yes.
        return Nobody("number-not-proven")
    to = contact.phone if channel is ChannelName.SMS else contact.email
    if not to:
        return Nobody("no-address", missed=True)
    return Recipient(
        channel=channel,
        to=to,
        language=text_language(contact.language),
        rhythm=rhythm(contact),
        values={
            "reference": contact.reference,
            "name": contact.name or "",
            "url": contact.status_url,
            **(_said_yes(referral) if referral else {}),
        },
    )


def partner(message: Message, offer: OfferDetail | None, *, told: bool) -> Recipient | Nobody:
    """A partner, about an offer that still stands, or about one that it was told of and that does not."""
    if offer is None:
        return Nobody("recipient-gone")
    if message.purpose in OPEN_ONLY and not offer.is_open:
        return Nobody("offer-closed")
    if message.purpose is Purpose.RECALLED and not told:
        return Nobody("never-told")
    if not offer.email:
        return Nobody("no-address", missed=True)
    return Recipient(
        channel=ChannelName.EMAIL,
        to=offer.email,
        language=text_language(offer.language),
        rhythm=Rhythm(_zone(offer.country)),
        values={
            "organisation": offer.organisation,
            "service": offer.service,
            "urgency": offer.urgency,
            "url": offer.link,
        },
    )


def number(message: Message) -> Recipient | Nobody:
    if message.to is None:
        return Nobody("recipient-gone")
    zone = (of_number(message.to) or DEFAULT).zone
    return Recipient(ChannelName.SMS, message.to, message.language, Rhythm(zone))


def rhythm(contact: ContactPoint) -> Rhythm:
    """When this asker may be written to of our own accord."""
    return Rhythm(
        _zone(contact.country),
        minor=contact.minors_own_phone,
        safe=[SafeTime(frozenset(one.days), one.from_, one.to) for one in contact.safe_times],
    )


def _zone(country: str) -> str:
    return BY_CODE.get(country, DEFAULT).zone


def _said_yes(referral: ReferralDetail) -> dict[str, str]:
    return {"organisation": referral.organisation or "", "service": referral.service or ""}
