"""The sources of this room: an asker is intake's to know, a partner referral's, and a bare number our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any
from uuid import UUID

from services.notify.channels.port import ChannelName
from services.notify.messages import queries, sources
from services.notify.messages.moments import ZONES, Rhythm, SafeTime
from services.notify.messages.sources import Nobody, Recipient
from services.notify.messages.tables import Message, Purpose, RecipientKind
from shared.runtime import Runtime
from shared.vocabulary import text_language

ABOUT_REFERRAL = frozenset({Purpose.ACCEPTED, Purpose.NOBODY_FOUND})
OPEN_ONLY = frozenset({Purpose.OFFER, Purpose.NUDGE})
DEFAULT_COUNTRY = "NL"
Known = Mapping[str, Any]


def register() -> None:
    """Let this room answer for its three kinds of recipients. Twice is as once."""
    sources.register(RecipientKind.ASKER, askers)
    sources.register(RecipientKind.PARTNER, partners)
    sources.register(RecipientKind.NUMBER, numbers)


def askers(runtime: Runtime, messages: Sequence[Message]) -> Mapping[UUID, Recipient | Nobody]:
    contacts = runtime.peers.intake.lookup(
        "/internal/contact-points", [message.recipient_id for message in messages]
    )
    about = [message.cause_id for message in messages if message.purpose in ABOUT_REFERRAL]
    referrals = runtime.peers.referral.lookup("/internal/referrals", about) if about else {}
    return {
        message.id: asker(message, contacts.get(message.recipient_id), referrals.get(message.cause_id))
        for message in messages
    }


def partners(runtime: Runtime, messages: Sequence[Message]) -> Mapping[UUID, Recipient | Nobody]:
    offers = runtime.peers.referral.lookup("/internal/offers", [message.recipient_id for message in messages])
    with runtime.sessions() as session:
        told = queries.went_out(session, list(offers), Purpose.OFFER)
    return {
        message.id: partner(message, offers.get(message.recipient_id), told=message.recipient_id in told)
        for message in messages
    }


def numbers(runtime: Runtime, messages: Sequence[Message]) -> Mapping[UUID, Recipient | Nobody]:
    return {message.id: number(message) for message in messages}


def asker(message: Message, contact: Known | None, referral: Known | None) -> Recipient | Nobody:
    """Somebody who asked, unless they took it back, or what there was to say is no longer so."""
    if contact is None:
        return Nobody("recipient-gone")
    if contact["withdrawn"]:
        return Nobody("withdrawn")
    if contact["channel"] not in set(ChannelName):
        return Nobody("no-channel")
    if message.purpose is Purpose.ACCEPTED and not (referral and referral.get("organisation")):
        return Nobody("no-longer-so")
    channel = ChannelName(contact["channel"])
    if message.purpose is Purpose.NOBODY_FOUND and channel is ChannelName.SMS and contact.get("byPublicForm"):
        # One receipt, and nothing more to a number that nobody has proven before a partner says yes.
        return Nobody("number-not-proven")
    to = contact["phone"] if channel is ChannelName.SMS else contact["email"]
    if not to:
        return Nobody("no-address", missed=True)
    return Recipient(
        channel=channel,
        to=to,
        language=text_language(contact["language"]),
        country=contact["country"],
        rhythm=rhythm(contact),
        values=_texts(contact, "reference", "name") | {"url": contact["statusUrl"]} | _said_yes(referral),
    )


def partner(message: Message, offer: Known | None, *, told: bool) -> Recipient | Nobody:
    """A partner, about an offer that still stands, or about one that it was told of and that does not."""
    if offer is None:
        return Nobody("recipient-gone")
    if message.purpose in OPEN_ONLY and offer["state"] != "open":
        return Nobody("offer-closed")
    if message.purpose is Purpose.RECALLED and not told:
        return Nobody("never-told")
    if not offer.get("email"):
        return Nobody("no-address", missed=True)
    country = offer.get("country") or DEFAULT_COUNTRY
    return Recipient(
        channel=ChannelName.EMAIL,
        to=offer["email"],
        language=text_language(offer["language"]),
        country=country,
        rhythm=Rhythm(ZONES[country]),
        values=_texts(offer, "organisation", "service", "urgency") | {"url": offer["link"]},
    )


def number(message: Message) -> Recipient | Nobody:
    if message.to is None:
        return Nobody("recipient-gone")
    country = "BE" if message.to.startswith("+32") else DEFAULT_COUNTRY
    return Recipient(ChannelName.SMS, message.to, message.language, country, Rhythm(ZONES[country]))


def rhythm(contact: Known) -> Rhythm:
    """When this asker may be written to of our own accord."""
    safe = [
        SafeTime(frozenset(one["days"]), time.fromisoformat(one["from"]), time.fromisoformat(one["to"]))
        for one in contact.get("safeTimes") or []
    ]
    return Rhythm(
        ZONES.get(contact["country"], ZONES[DEFAULT_COUNTRY]),
        minor=bool(contact.get("minorsOwnPhone")),
        safe=safe,
    )


def _texts(known: Known, *names: str) -> dict[str, str]:
    return {name: str(known.get(name) or "") for name in names}


def _said_yes(referral: Known | None) -> dict[str, str]:
    return _texts(referral, "organisation", "service") if referral else {}
