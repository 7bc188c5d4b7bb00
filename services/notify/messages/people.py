"""The recipients that other services know: askers from intake, partners from referral; and bare numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlmodel import Session

from services.notify.channels.port import ChannelName
from services.notify.contacts import proofs
from services.notify.messages import queries
from services.notify.messages.moments import Rhythm, SafeTime
from services.notify.messages.purposes import ROWS, About, OnlyWhile, Row
from services.notify.messages.recipients import Nobody, Recipient
from services.notify.messages.tables import Message, Purpose
from services.notify.messages.ways import TO_WORKER, address_for, channel_for, goes_through_worker
from services.notify.wording.linter import WORD, is_forbidden
from shared.countries import BY_CODE, DEFAULT, of_number
from shared.desk.actions import Fact, View
from shared.events.details import (
    CallText,
    ContactPoint,
    DeskCallDetail,
    DeskWords,
    OfferDetail,
    ReferralDetail,
    RequestFacts,
)
from shared.languages import text_language
from shared.runtime import Runtime
from shared.security.keystore import ApiKey

# What a caller is sent where a service was named to them.
SERVICE = "service"


class _Unobjected:
    """Recipients about whom our own tables never forbid a message: the desk may always send it again."""

    def objection(self, session: Session, message: Message, now: datetime) -> str | None:
        return None


class _OfARequest(_Unobjected):
    """Recipients of messages about an advice request."""

    def seen_by(self, runtime: Runtime, key: ApiKey, message: Message) -> bool:
        organisation = key.owner.organisation
        if organisation is None or message.request_id is None:
            return False
        facts = runtime.peers.lookup(RequestFacts, [message.request_id]).get(message.request_id)
        return facts is not None and facts.organisation == organisation


class Askers(_OfARequest):
    """Askers, as intake knows them."""

    def resolve(self, runtime: Runtime, messages: Sequence[Message]) -> Mapping[UUID, Recipient | Nobody]:
        contacts = runtime.peers.lookup(ContactPoint, [message.recipient_id for message in messages])
        about = [message.cause_id for message in messages if ROWS[message.purpose].about is About.REFERRAL]
        referrals = runtime.peers.lookup(ReferralDetail, about) if about else {}
        own = [message.cause_id for message in messages if ROWS[message.purpose].about is About.WORDS]
        words = runtime.peers.lookup(DeskWords, own) if own else {}
        proven = self._proven(runtime, [one for one in contacts.values() if not one.is_proven])
        return {
            message.id: asker(
                message,
                contacts.get(message.recipient_id),
                referrals.get(message.cause_id),
                words.get(message.cause_id),
                known=message.recipient_id in proven,
            )
            for message in messages
        }

    def _proven(self, runtime: Runtime, contacts: Sequence[ContactPoint]) -> set[UUID]:
        """Return the advice requests whose asker has answered, which intake may not have heard of yet."""
        if not contacts:
            return set()
        with runtime.sessions() as session:
            return proofs.proven_requests(session, [one.id for one in contacts])

    def view(self, session: Session, message: Message, language: str) -> View:
        return View(asker=message.recipient_id)


class Partners(_OfARequest):
    """Partners that hold an offer, as referral knows them."""

    def resolve(self, runtime: Runtime, messages: Sequence[Message]) -> Mapping[UUID, Recipient | Nobody]:
        offers = runtime.peers.lookup(OfferDetail, [message.recipient_id for message in messages])
        with runtime.sessions() as session:
            told = queries.went_out(session, list(offers), Purpose.OFFER)
        return {
            message.id: partner(message, offers.get(message.recipient_id), told=message.recipient_id in told)
            for message in messages
        }

    def view(self, session: Session, message: Message, language: str) -> View:
        return View()


class Callers(_Unobjected):
    """People who called the desk, as intake knows where to send what they said yes to."""

    def resolve(self, runtime: Runtime, messages: Sequence[Message]) -> Mapping[UUID, Recipient | Nobody]:
        wanted = runtime.peers.lookup(CallText, [message.recipient_id for message in messages])
        return {message.id: caller(wanted.get(message.recipient_id)) for message in messages}

    def view(self, session: Session, message: Message, language: str) -> View:
        return View()

    def seen_by(self, runtime: Runtime, key: ApiKey, message: Message) -> bool:
        return False


class Staff(_Unobjected):
    """People who work at the desk, as intake knows them."""

    def resolve(self, runtime: Runtime, messages: Sequence[Message]) -> Mapping[UUID, Recipient | Nobody]:
        calls = runtime.peers.lookup(DeskCallDetail, [message.recipient_id for message in messages])
        return {message.id: colleague(calls.get(message.recipient_id)) for message in messages}

    def view(self, session: Session, message: Message, language: str) -> View:
        return View()

    def seen_by(self, runtime: Runtime, key: ApiKey, message: Message) -> bool:
        return False


class Numbers(_Unobjected):
    """Bare numbers, about which nothing else is known."""

    def resolve(self, runtime: Runtime, messages: Sequence[Message]) -> Mapping[UUID, Recipient | Nobody]:
        return {message.id: number(message) for message in messages}

    def view(self, session: Session, message: Message, language: str) -> View:
        return View([Fact("phone", message.to)] if message.to else [])

    def seen_by(self, runtime: Runtime, key: ApiKey, message: Message) -> bool:
        return False


def asker(
    message: Message,
    contact: ContactPoint | None,
    referral: ReferralDetail | None,
    words: DeskWords | None = None,
    *,
    known: bool = False,
) -> Recipient | Nobody:
    """Return the asker, or Nobody if the advice request was withdrawn or the message no longer holds.

    `known`: the address is proven, though intake may not have heard of it yet.
    """
    if contact is None:
        return Nobody("recipient-gone")
    if contact.withdrawn:
        return Nobody("withdrawn")
    channel = channel_for(message.purpose, contact)
    if channel is None:
        return Nobody("no-channel")
    row = ROWS[message.purpose]
    if row.only_while is OnlyWhile.ACCEPTED and not (referral and referral.organisation):
        return Nobody("no-longer-so")
    if row.only_while is OnlyWhile.ANSWER_UNREAD and not contact.unread_answer:
        return Nobody("no-longer-so")
    if row.about is About.WORDS and words is None:
        return Nobody("recipient-gone")
    wrong = _not_to_this_address(row, contact, known=known)
    if wrong is not None:
        return wrong
    to = address_for(message.purpose, contact)
    if not to:
        return Nobody("no-address", missed=True)
    if goes_through_worker(message.purpose, contact):
        return _worker(to, contact)
    return Recipient(
        channel=channel,
        to=to,
        language=text_language(contact.language, contact.otherwise),
        rhythm=rhythm(contact),
        values={
            "reference": contact.reference,
            # Anybody may have typed it into the public form, and it would be the centre that says it.
            "name": "" if contact.by_public_form else contact.name or "",
            "url": _page(row, contact),
            **(_said_yes(referral) if referral else {}),
            **({"words": words.text} if words else {}),
        },
        unproven=not (known or contact.is_proven),
    )


def _worker(to: str, contact: ContactPoint) -> Recipient:
    """Return the professional through whom an asker is reached, who reads the language of where they work."""
    return Recipient(
        channel=ChannelName.EMAIL,
        to=to,
        language=text_language(contact.otherwise or contact.language),
        rhythm=Rhythm(_zone(contact.country)),
        values={"reference": contact.reference, "url": contact.status_url},
        words=TO_WORKER,
    )


def _page(row: Row, contact: ContactPoint) -> str:
    asks = row.only_while is OnlyWhile.CONTACT_UNPROVEN and contact.proof_url
    return asks or contact.status_url


def _not_to_this_address(row: Row, contact: ContactPoint, *, known: bool) -> Nobody | None:
    """Only a question whose it is goes to an address that nobody proved; none goes to a proven one."""
    if row.only_while is OnlyWhile.CONTACT_UNPROVEN:
        if known or contact.is_proven:
            return Nobody("proven-already")
        return None if contact.proof_url else Nobody("waits-for-a-person")
    if known or contact.is_proven:
        return None
    return Nobody("address-not-proven", missed=row.must_be_heard)


def partner(message: Message, offer: OfferDetail | None, *, told: bool) -> Recipient | Nobody:
    """Return the partner, or Nobody if the message no longer suits its offer.

    A message about an open offer needs one that is still open; news of its end needs a partner that was told
    of the offer.
    """
    if offer is None:
        return Nobody("recipient-gone")
    only_while = ROWS[message.purpose].only_while
    if only_while is OnlyWhile.OFFER_OPEN and not offer.is_open:
        return Nobody("offer-closed")
    if only_while is OnlyWhile.OFFER_TOLD and not told:
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
            "reference": offer.reference or "-",
            "long_date": _day(offer),
        },
    )


def _day(offer: OfferDetail) -> str:
    """Return the day on which the partner was asked, where they are and in their language."""
    if offer.offered_at is None:
        return "-"
    there = offer.offered_at.astimezone(ZoneInfo(_zone(offer.country)))
    return format_date(there.date(), "d MMMM yyyy", locale=text_language(offer.language))


def caller(wanted: CallText | None) -> Recipient | Nobody:
    """Return where somebody who called is sent what was named to them."""
    channel = ChannelName.for_contact(wanted.channel) if wanted else None
    if wanted is None or channel is None:
        return Nobody("recipient-gone")
    to = wanted.phone if channel is ChannelName.SMS else wanted.email
    if not to:
        return Nobody("no-address", missed=True)
    named = _named(wanted, in_full=channel is ChannelName.EMAIL)
    if wanted.words == SERVICE and not named:
        return Nobody("words-cannot-be-made", missed=True)
    return Recipient(
        channel=channel,
        to=to,
        language=text_language(wanted.language),
        rhythm=Rhythm(
            _zone(wanted.country),
            minor=wanted.minors_own_phone,
            safe=[SafeTime(frozenset(safe.days), safe.from_, safe.to) for safe in wanted.safe_times],
        ),
        values={"named": named},
    )


def _named(wanted: CallText, *, in_full: bool) -> str:
    """Return a service's number, and its name where that gives nothing away on a telephone on a table."""
    tells = any(is_forbidden(word) for word in WORD.findall(wanted.service.lower()))
    name = wanted.service if in_full or not tells else ""
    return ", ".join(filter(None, (wanted.service_phone, name)))


def colleague(call: DeskCallDetail | None) -> Recipient | Nobody:
    """Return who is called to the desk, or Nobody if somebody has taken what waited there."""
    if call is None:
        return Nobody("recipient-gone")
    if not call.waits:
        return Nobody("no-longer-so")
    channel = ChannelName.SMS if call.phone else ChannelName.EMAIL
    language, values = text_language(call.language), {"url": call.url}
    return Recipient(channel, call.phone or call.email, language, Rhythm(DEFAULT.zone), values=values)


def number(message: Message) -> Recipient | Nobody:
    if message.to is None:
        return Nobody("recipient-gone")
    zone = (of_number(message.to) or DEFAULT).zone
    return Recipient(ChannelName.SMS, message.to, message.language, Rhythm(zone))


def rhythm(contact: ContactPoint) -> Rhythm:
    """Return when this asker may be written to on our own initiative."""
    return Rhythm(
        _zone(contact.country),
        minor=contact.minors_own_phone,
        safe=[SafeTime(frozenset(safe.days), safe.from_, safe.to) for safe in contact.safe_times],
    )


def _zone(country: str) -> str:
    return BY_CODE.get(country, DEFAULT).zone


def _said_yes(referral: ReferralDetail) -> dict[str, str]:
    return {"organisation": referral.organisation or "", "service": referral.service or ""}
