from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.notify.channels.port import ChannelName
from services.notify.contacts.queries import address_index
from services.notify.contacts.rules import ASKED_AGAIN_AFTER
from services.notify.messages.tables import Attempt, AttemptState, Message, MessageState, Purpose
from shared.database.paging import FIRST, Order, Page, Slice, page_of
from shared.errors import NotFound

NO_SUCH_MESSAGE = "There is no such message."
IN_TURN = Order("messages", (col(Message.due_at), col(Message.created_at), col(Message.id)))


def about(
    session: Session, cause_id: UUID, wanted: Slice = FIRST, purposes: Collection[Purpose] | None = None
) -> Page[Message]:
    """Return messages about an advice request, referral, registration or offer, in the order they are due.

    `purposes`: only those of these.
    """
    chosen = _about(cause_id)
    if purposes is not None:
        chosen = chosen.where(col(Message.purpose).in_(purposes))
    return page_of(session, chosen, IN_TURN, wanted).each(itemgetter(0))


def kinds_about(session: Session, cause_id: UUID) -> dict[Purpose, Message]:
    """Return one message of each purpose about it."""
    one_each = _about(cause_id).ext(distinct_on(col(Message.purpose)))
    found = session.exec(one_each.order_by(col(Message.purpose)))
    return {message.purpose: message for message in found}


def _about(cause_id: UUID) -> SelectOfScalar[Message]:
    return select(Message).where(
        (col(Message.cause_id) == cause_id)
        | (col(Message.request_id) == cause_id)
        | (col(Message.recipient_id) == cause_id)
    )


def one(session: Session, message_id: UUID) -> Message:
    """Raises NotFound."""
    message = session.get(Message, message_id)
    if message is None:
        raise NotFound(NO_SUCH_MESSAGE)
    return message


def latest(session: Session, state: MessageState | None, limit: int) -> Sequence[Message]:
    """The newest first; all, or those in one state."""
    chosen = select(Message).order_by(col(Message.created_at).desc(), col(Message.id)).limit(limit)
    return session.exec(chosen if state is None else chosen.where(Message.state == state)).all()


def attempts(session: Session, message_id: UUID) -> Sequence[Attempt]:
    """Those of one message, in the order in which they were made."""
    return session.exec(
        select(Attempt).where(Attempt.message_id == message_id).order_by(col(Attempt.number))
    ).all()


def claimed(
    session: Session, ids: Collection[UUID], state: MessageState, *, with_number: bool = False
) -> Sequence[Message]:
    """Return those of a batch that are still in the state they were claimed in.

    The number of a message to a bare number is decrypted only if `with_number`.
    """
    chosen = select(Message).where(col(Message.id).in_(ids), Message.state == state)
    whole = chosen if with_number else chosen.options(defer(Message.to))  # type: ignore[arg-type]
    return session.exec(whole.order_by(col(Message.due_at))).all()


def unknown_attempts(session: Session, ids: Collection[UUID]) -> Sequence[Attempt]:
    return session.exec(
        select(Attempt).where(col(Attempt.message_id).in_(ids), Attempt.state == AttemptState.UNKNOWN)
    ).all()


def waiting_as_we_are_refused(session: Session) -> dict[ChannelName, int]:
    """Return how many messages wait, by channel, because at their last try it was we who were refused."""
    rows = session.exec(
        select(Message.channel, func.count())
        .join(Attempt, col(Attempt.message_id) == col(Message.id))
        .where(
            Message.state == MessageState.PLANNED,
            Attempt.number == Message.attempt_count,
            col(Attempt.ours),
        )
        .group_by(col(Message.channel))
    )
    return {ChannelName(name): number for name, number in rows}


def last_sent_to(session: Session, to_index: bytes) -> Message | None:
    """Return the message last handed to a provider for the number or address with this fingerprint."""
    return session.exec(
        select(Message)
        .join(Attempt, col(Attempt.message_id) == col(Message.id))
        .where(Attempt.to_index == to_index)
        .order_by(col(Attempt.started_at).desc())
        .limit(1)
        .options(defer(Message.to))  # type: ignore[arg-type]
    ).first()


ASKS_WHOSE = (Purpose.CONFIRM_CONTACT, Purpose.CONFIRM_NUMBER)


def asked_whose_number(
    session: Session,
    numbers: Sequence[str],
    at: datetime,
    *,
    within: timedelta = ASKED_AGAIN_AFTER,
    channel: ChannelName = ChannelName.SMS,
) -> dict[str, datetime]:
    """Return those of these numbers whose owner was asked lately, by a text that went, whose they are.

    Or of these addresses, by a mail. Each with the moment at which that was last asked.
    """
    by_index = {address_index(channel, number): number for number in numbers}
    if not by_index:
        return {}
    rows = session.exec(
        select(Attempt.to_index, func.max(Attempt.started_at))
        .join(Message, col(Message.id) == col(Attempt.message_id))
        .where(
            col(Attempt.to_index).in_(by_index),
            col(Attempt.started_at) > at - within,
            col(Attempt.state).in_((AttemptState.IN_FLIGHT, AttemptState.ACCEPTED, AttemptState.UNKNOWN)),
            col(Message.purpose).in_(ASKS_WHOSE),
        )
        .group_by(col(Attempt.to_index))
    )
    return {by_index[bytes(index)]: asked for index, asked in rows}


def went_out(session: Session, recipient_ids: Collection[UUID], purpose: str) -> set[UUID]:
    """Return the recipients for whom a message of this purpose was handed to a provider, or may have been."""
    held = [MessageState.PLANNED, MessageState.VOID, MessageState.EXPIRED, MessageState.REJECTED]
    return set(
        session.exec(
            select(Message.recipient_id).where(
                col(Message.recipient_id).in_(recipient_ids),
                Message.purpose == purpose,
                col(Message.state).not_in(held),
            )
        )
    )
