from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from services.notify.channels.tables import Posted
from services.notify.contacts.queries import address_index
from services.notify.families.queries import answers_of
from services.notify.families.tables import FamilyDraft
from services.notify.messages.tables import Attempt, Message, RecipientKind
from services.notify.replies.tables import InboundText
from services.notify.visits.tables import Registration
from shared.crypto import Unreadable
from shared.events.erasure import Whom

REGISTRATIONS, TEXTS, MESSAGES, POSTBUS = "registrations", "inboundTexts", "messages", "postbus"
DRAFTS = "familyDrafts"
# The advice requests that all this may be about; they are intake's, and only work items hang on them here.
REQUESTS = "requests"
SCANNED_AT_ONCE = 500


def kept_of(session: Session, whom: Whom) -> dict[str, list[UUID]]:
    """Return what is kept of a person and was not erased, by kind.

    Where a number is meant in whole, what went there for others is the person's too. A text that came in
    names nobody: it is of whoever has the number.
    """
    registrations = _bearing(session, whom) if whom.has_contact else []
    texts = _texts_from(session, {*whom.phones, *whom.named_phones}, {*whom.emails, *whom.named_emails})
    messages = _messages(session, [*whom.request_ids, *registrations, *texts], whom)
    return {
        REGISTRATIONS: registrations,
        TEXTS: texts,
        MESSAGES: messages,
        POSTBUS: _posted(session, messages, whom),
        DRAFTS: _drafts(session, registrations, whom),
        REQUESTS: list(whom.request_ids),
    }


def _texts_from(session: Session, phones: Iterable[str], emails: Iterable[str]) -> list[UUID]:
    """Return the texts and mails that came from there, or answer a mail that went there."""
    senders = [address_index("sms", phone) for phone in phones]
    senders += [address_index("email", address) for address in emails]
    theirs = col(InboundText.from_index).in_(senders) | col(InboundText.about_index).in_(senders)
    chosen = select(InboundText.id).where(theirs, col(InboundText.erased_at).is_(None))
    return list(session.exec(chosen)) if senders else []


def _messages(session: Session, recipients: Sequence[UUID], whom: Whom) -> list[UUID]:
    theirs: Any = col(Message.recipient_id).in_(recipients)
    reached = [address_index("sms", one) for one in whom.phones]
    reached += [address_index("email", one) for one in whom.emails]
    if reached:
        theirs |= col(Message.id).in_(select(Attempt.message_id).where(col(Attempt.to_index).in_(reached)))
    return list(
        session.exec(
            select(Message.id).where(
                theirs,
                Message.recipient_kind != RecipientKind.PARTNER,
                col(Message.erased_at).is_(None),
            )
        )
    )


def _posted(session: Session, messages: Sequence[UUID], whom: Whom) -> list[UUID]:
    attempts = select(Attempt.id).where(col(Attempt.message_id).in_(messages))
    found = set(session.exec(select(Posted.id).where(col(Posted.attempt_id).in_(attempts))))
    if whom.phones or whom.emails:
        for one in session.exec(select(Posted.id)).all():
            found |= {one} if _went_to(session, one, {*whom.phones, *whom.emails}) else set()
    return sorted(found)


def _went_to(session: Session, posted_id: UUID, addresses: set[str]) -> bool:
    try:
        posted = session.get(Posted, posted_id)
    except Unreadable:
        return False
    return posted is not None and posted.to in addresses


def _drafts(session: Session, registrations: Sequence[UUID], whom: Whom) -> list[UUID]:
    """Return what the person is filling in, or has just sent: there are only those of the last two hours."""
    sent = col(FamilyDraft.registration_id).in_(registrations)
    found = set(session.exec(select(FamilyDraft.id).where(sent)))
    for one in session.exec(select(FamilyDraft.id)).all() if whom.has_contact else ():
        found |= {one} if _is_theirs(session, one, whom) else set()
    return sorted(found)


def _is_theirs(session: Session, draft_id: UUID, whom: Whom) -> bool:
    try:
        draft = session.get(FamilyDraft, draft_id)
    except Unreadable:
        return False
    if draft is None or not draft.answers:
        return False
    typed = answers_of(draft)
    return whom.is_theirs(typed.name, typed.telephone, typed.mail)


def every_draft(session: Session) -> Sequence[UUID]:
    return session.exec(select(FamilyDraft.id)).all()


def every_registration(session: Session) -> Sequence[UUID]:
    return session.exec(select(Registration.id).where(col(Registration.erased_at).is_(None))).all()


def every_text(session: Session) -> Sequence[UUID]:
    return session.exec(select(InboundText.id).where(col(InboundText.erased_at).is_(None))).all()


def every_message(session: Session) -> Sequence[UUID]:
    return session.exec(select(Message.id).where(col(Message.erased_at).is_(None))).all()


def every_posted(session: Session) -> Sequence[UUID]:
    return session.exec(select(Posted.id)).all()


def every_request(session: Session) -> Sequence[UUID]:
    """Return the advice requests that anything here is about."""
    asked = select(Message.recipient_id).where(Message.recipient_kind == RecipientKind.ASKER).distinct()
    return session.exec(asked).all()


def _bearing(session: Session, whom: Whom) -> list[UUID]:
    """Return the registrations that are meant, by name, number and address (see `Whom`).

    All that are not erased are read, since only one of number and address has a fingerprint. One that cannot
    be decrypted is nobody's.
    """
    found: list[UUID] = []
    after = UUID(int=0)
    while ids := session.exec(_not_erased(after)).all():
        after = ids[-1]
        found += [one.id for one in _readable(session, ids) if whom.is_theirs(one.name, one.phone, one.email)]
        session.expunge_all()
    return found


def _not_erased(after: UUID) -> Any:
    chosen = select(Registration.id).where(col(Registration.erased_at).is_(None), Registration.id > after)
    return chosen.order_by(col(Registration.id)).limit(SCANNED_AT_ONCE)


def _readable(session: Session, ids: Sequence[UUID]) -> list[Registration]:
    try:
        return list(session.exec(select(Registration).where(col(Registration.id).in_(ids))))
    except Unreadable:
        return [] if len(ids) == 1 else [row for one in ids for row in _readable(session, [one])]
