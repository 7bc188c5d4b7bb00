"""What a person decides about a message. The desk commits it together with the work item."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from sqlmodel import Session, col, select

from services.notify.contacts.commands import unsuppress_by_index
from services.notify.contacts.queries import is_suppressed
from services.notify.messages import rules
from services.notify.messages.recipients import ByKind
from services.notify.messages.tables import Attempt, Message, MessageState
from shared.desk.items import WorkItem
from shared.errors import Conflict
from shared.messaging import wake_after_commit


def send_again(
    recipients: ByKind,
    session: Session,
    item: WorkItem,
    params: Mapping[str, str],
    *,
    at: datetime,
    by: str,
) -> None:
    """Plan a message again that failed or may have been sent: a person assumes that it did not arrive.

    Raises Conflict if it arrived meanwhile, is too late, may not be sent, or no longer holds.
    """
    message = session.get_one(Message, item.subject_id, with_for_update=True, populate_existing=True)
    if message.reason == "suppressed" or _is_suppressed(session, message):
        raise Conflict("No text may go there: its owner wants none. Please telephone.", slug="suppressed")
    if message.state not in rules.FAILED:
        raise Conflict("This message is no longer waiting for a decision.", slug="not-failed")
    if message.not_after is not None and message.not_after < at:
        raise Conflict("It is too late for this message. Please telephone.", slug="too-late")
    reason = recipients[message.recipient_kind].objection(session, message, at)
    if reason is not None:
        raise Conflict(f"What this message says is no longer so ({reason}). Please telephone.", slug=reason)
    message.state, message.reason, message.by_desk = MessageState.PLANNED, "sent-again-by-desk", True
    message.due_at, message.leased_until, message.fence = at, None, message.fence + 1
    wake_after_commit(session)


def start_again(
    recipients: ByKind,
    session: Session,
    item: WorkItem,
    params: Mapping[str, str],
    *,
    at: datetime,
    by: str,
) -> None:
    """Write to this number again, as its owner told a person, and send this message if it is still of use.

    The provider may go on refusing until the owner texts START; the message is then on the list once more.
    """
    message = session.get_one(Message, item.subject_id)
    attempt = _last_try(session, message)
    if attempt is not None:
        unsuppress_by_index(session, attempt.channel, attempt.to_index)
    with suppress(Conflict):
        send_again(recipients, session, item, params, at=at, by=by)


def _last_try(session: Session, message: Message) -> Attempt | None:
    tries = select(Attempt).where(Attempt.message_id == message.id)
    return session.exec(tries.order_by(col(Attempt.number).desc()).limit(1)).first()


def _is_suppressed(session: Session, message: Message) -> bool:
    """Whether the number or address of its last try is suppressed by now."""
    attempt = _last_try(session, message)
    return attempt is not None and is_suppressed(session, attempt.channel, attempt.to_index)
