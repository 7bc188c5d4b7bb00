"""Moving a message to a state, with everything that must change in the same transaction. Does not commit."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from services.notify.messages import rules
from services.notify.messages.tables import Message, MessageState
from shared.desk.items import open_item, resolve_all, whose
from shared.events.details import ContactPoint
from shared.events.notify import MessageFailed
from shared.messaging import announce
from shared.vocabulary import ContactChannel

FAILED_KIND = "message-failed"
CEILING_KIND = "texts-ceiling"
CALL_KIND = "call-asker"
LETTER_KIND, WORKER_KIND = "letter-to-post", "tell-worker"
# Who is told by a person, and by which kind of item.
TOLD_OTHERWISE = {ContactChannel.LETTER: LETTER_KIND, ContactChannel.WORKER: WORKER_KIND}


def moved_to(
    session: Session, message: Message, state: MessageState, reason: str | None, *, at: datetime
) -> None:
    """Set the new state and tell those who must know: the owner of a partner's offer, or our own desk.

    Of somebody who was erased nobody need hear. A failed message that turns out to have been sent after all
    leaves the desk's list.
    """
    failed_before = message.state in rules.FAILED
    message.state, message.reason, message.leased_until = state, reason, None
    if state is MessageState.DELIVERED:
        message.arrived_at = at
    if message.erased_at is None and rules.needs_a_person(message.purpose, state, reason):
        _tell(session, message, at)
    elif failed_before:
        resolve_all(session, message.id, f"turned-out-{state}", at=at, kinds=[FAILED_KIND])


def _tell(session: Session, message: Message, at: datetime) -> None:
    if rules.owner_is_told(message.recipient_kind):
        announce(session, _failure(message), at=at)
        return
    open_item(
        session,
        kind=FAILED_KIND,
        reason=message.reason or str(message.state),
        subject_id=message.id,
        dedupe_key=f"message:{message.id}",
        details=_details(message),
        at=at,
    )


def _failure(message: Message) -> MessageFailed:
    return MessageFailed(
        message_id=message.id,
        cause_id=message.cause_id,
        recipient_id=message.recipient_id,
        purpose=message.purpose,
    )


def _details(message: Message) -> dict[str, str]:
    details = {
        "messageId": str(message.id),
        "purpose": str(message.purpose),
        "channel": str(message.channel),
        "state": str(message.state),
        "causeId": str(message.cause_id),
        **whose(language=message.language),
    }
    return details | ({"requestId": str(message.request_id)} if message.request_id else {})


def ask_to_call(session: Session, request_id: UUID, reason: str, *, at: datetime) -> None:
    """Open a work item to call an asker who wants to be telephoned. Idempotent."""
    open_item(
        session,
        kind=CALL_KIND,
        reason=reason,
        subject_id=request_id,
        dedupe_key=f"{CALL_KIND}:{request_id}",
        details={"requestId": str(request_id)},
        at=at,
    )


def no_call_any_more(session: Session, request_id: UUID, reason: str, *, at: datetime) -> None:
    """Resolve the work items to tell an asker something that no longer holds. Idempotent."""
    resolve_all(session, request_id, reason, at=at, kinds=[CALL_KIND, LETTER_KIND, WORKER_KIND])


def tell_otherwise(
    session: Session, contact: ContactPoint, reason: str, once_for: UUID, *, at: datetime
) -> bool:
    """Leave to a person what an asker is to hear who is reached by letter, or through a professional.

    Returns whether this is such an asker: nothing is ever texted to them. Idempotent.
    """
    kind = TOLD_OTHERWISE.get(contact.channel)
    if kind is None:
        return False
    open_item(
        session,
        kind=kind,
        reason=reason,
        subject_id=contact.id,
        dedupe_key=f"{kind}:{reason}:{once_for}",
        details={"reference": contact.reference, "requestId": str(contact.id)}
        | whose(language=contact.language),
        at=at,
    )
    return True
