"""Finds families, and whom something was written to, by fingerprints alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from services.notify.contacts.queries import address_index
from services.notify.messages.tables import Attempt, Message, RecipientKind
from services.notify.replies.tables import InboundText
from services.notify.visits.tables import Registration
from shared.crypto import Unreadable
from shared.desk.actions import DeskActions
from shared.events.finding import MOST_HITS, MOST_LOOKED_AT, AskFound, AskWhose, Hit, Hits, Whose
from shared.finding import of_email, of_phone, of_words
from shared.security.service_tokens import Acting

REGISTRATION, MESSAGES, TEXTS = "registration", "messages", "text"
# Who is a person that the desk helps: partners and colleagues are sought elsewhere.
PEOPLE = (RecipientKind.ASKER, RecipientKind.REGISTRATION, RecipientKind.NUMBER, RecipientKind.CALLER)


def find(session: Session, desk: DeskActions, asked: AskFound, acting: Acting, at: datetime) -> Hits:
    """Return registrations, and whom texts and mails went to or came from, the newest of each first."""
    found = [_registrations(session, asked), _written_to(session, asked), _came_in(session, asked)]
    return Hits(
        hits=tuple(one for some in found for one in some[:MOST_HITS]),
        more=any(len(some) > MOST_HITS for some in found),
    )


def indexes(phones: Iterable[str], emails: Iterable[str]) -> list[bytes]:
    """Return the fingerprints under which what was sent to these is kept."""
    return [address_index("sms", one) for one in phones] + [address_index("email", one) for one in emails]


def _registrations(session: Session, asked: AskFound) -> Sequence[Hit]:
    phones, emails = {of_phone(one) for one in asked.phones}, {of_email(one) for one in asked.emails}
    words = of_words(asked.words)
    marks: Any = col(Registration.marks)
    ways = [marks.overlap([*phones, *emails])] if phones or emails else []
    ways += [marks.contains(words)] if words else []
    if not ways:
        return []
    one = Registration
    columns = (col(one.id), col(one.created_at), col(one.language), col(one.state), marks)
    some = select(*columns).where(or_(*ways), col(one.erased_at).is_(None)).limit(MOST_LOOKED_AT)
    found = some.subquery()
    newest = select(found).order_by(found.c.created_at.desc()).limit(MOST_HITS + 1)
    return [
        Hit(
            kind=REGISTRATION,
            id=id,
            at=made,
            audience="family",
            language=language,
            state=state,
            by=_by(set(kept), phones, emails, set(words)),
        )
        for id, made, language, state, kept in session.execute(newest)
    ]


def _by(found: set[int], phones: set[int], emails: set[int], words: set[int]) -> tuple[str, ...]:
    ways = {"phone": found & phones, "email": found & emails, "name": words and words <= found}
    return tuple(way for way, matches in ways.items() if matches)


def _written_to(session: Session, asked: AskFound) -> Sequence[Hit]:
    """Return one hit for each recipient, with how many messages there are."""
    keys, where = indexes(asked.phones, asked.emails), []
    if keys:
        reached = select(col(Attempt.message_id)).where(col(Attempt.to_index).in_(keys))
        where.append(col(Message.id).in_(reached))
    if asked.requests:
        where.append(col(Message.request_id).in_(asked.requests))
    if not where:
        return []
    whose = (col(Message.recipient_kind), col(Message.recipient_id), col(Message.request_id))
    latest = func.max(col(Message.created_at))
    rows = session.execute(
        select(*whose, func.count(), latest, func.max(col(Message.language)))
        .where(or_(*where), whose[0].in_(PEOPLE), col(Message.erased_at).is_(None))
        .group_by(*whose)
        .order_by(latest.desc())
        .limit(MOST_HITS + 1)
    )
    by = _by_which(asked)
    return [
        Hit(
            kind=MESSAGES if kind is not RecipientKind.REGISTRATION else REGISTRATION,
            id=recipient,
            request_id=request or (recipient if kind is RecipientKind.ASKER else None),
            at=last,
            language=language,
            by=by,
            number=number,
        )
        for kind, recipient, request, number, last, language in rows
        if kind in (RecipientKind.ASKER, RecipientKind.REGISTRATION)
    ]


def _by_which(asked: AskFound) -> tuple[str, ...]:
    ways = {"phone": asked.phones, "email": asked.emails, "reference": asked.requests}
    return tuple(way for way, sought in ways.items() if sought)


def _came_in(session: Session, asked: AskFound) -> Sequence[Hit]:
    """Return the latest text that came from each number."""
    if not asked.phones:
        return []
    senders = [address_index("sms", one) for one in asked.phones]
    rows = session.execute(
        select(col(InboundText.id), col(InboundText.received_at), col(InboundText.from_index))
        .where(col(InboundText.from_index).in_(senders), col(InboundText.erased_at).is_(None))
        .order_by(col(InboundText.received_at).desc())
        .limit(MOST_HITS + 1)
    ).all()
    latest: dict[bytes, Hit] = {}
    for id, received, sender in rows:
        known = latest.get(bytes(sender))
        number = known.number + 1 if known else 1
        first = known or Hit(kind=TEXTS, id=id, at=received, by=("phone",))
        latest[bytes(sender)] = first.model_copy(update={"number": number})
    return list(latest.values())


def whose(session: Session, desk: DeskActions, asked: AskWhose, acting: Acting, at: datetime) -> Whose:
    """Return by what the person of a registration or of a text is reached, for a story about them."""
    try:
        if asked.kind == REGISTRATION:
            return _of_registration(session.get(Registration, asked.id))
        text = session.get(InboundText, asked.id) if asked.kind == TEXTS else None
        return Whose(there=True, phones=(text.sender,)) if text and text.erased_at is None else Whose()
    except Unreadable:
        return Whose()


def _of_registration(one: Registration | None) -> Whose:
    if one is None or one.erased_at is not None:
        return Whose()
    return Whose(
        there=True,
        phones=(one.phone,) if one.phone else (),
        emails=(one.email,) if one.email else (),
    )


def registrations_of(session: Session, phones: Iterable[str], emails: Iterable[str]) -> Sequence[UUID]:
    marks: Any = col(Registration.marks)
    sought = [*map(of_phone, phones), *map(of_email, emails)]
    chosen = select(col(Registration.id)).where(marks.overlap(sought), col(Registration.erased_at).is_(None))
    return session.scalars(chosen.limit(MOST_HITS)).all() if sought else []
