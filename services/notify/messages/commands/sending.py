"""The three short transactions of a send. The first is the claim; these are the other two.

`start` puts on disk that the calls will be made, `finish` what became of them. What happens between them, a
crash included, therefore never leads to a second text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from services.notify.channels.port import Accepted, ChannelName, Outcome, Outgoing, Perhaps, ProviderStatus
from services.notify.contacts.commands import suppress
from services.notify.contacts.queries import address_index, suppressed_among
from services.notify.messages import rules
from services.notify.messages.commands.ceilings import Limits as Limits
from services.notify.messages.commands.ceilings import Reached, Room, room
from services.notify.messages.commands.consequences import CEILING_KIND, moved_to
from services.notify.messages.sources import Recipient
from services.notify.messages.tables import Attempt, AttemptState, Message, MessageState, Purpose
from shared.desk.items import open_item
from shared.messaging.work import LEASE


@dataclass(frozen=True)
class Ready:
    """A claimed message with its recipient and its words as they are now."""

    message_id: UUID
    fence: int
    recipient: Recipient
    subject: str | None
    body: str
    segments: int | None


def start(
    session: Session, batch: Sequence[Ready], *, limits: Limits, callbacks: str | None, at: datetime
) -> list[tuple[Ready, Outgoing]]:
    """Decide for the last time; on "go" the attempt is on disk when this returns, and the call must follow.

    Left out are those for which there is nothing to send: another's by now, taken back, or to wait. One that
    somebody holds at this moment is left to its lease.
    `callbacks` is the address under which the provider reports, to be followed by the attempt's id.
    """
    # Who cancels a visit locks its messages in an order of its own: neither must wait for the other.
    messages = _locked(session, [ready.message_id for ready in batch], wait=False)
    ours = [(ready, messages[ready.message_id]) for ready in batch if ready.message_id in messages]
    ours = [(r, m) for r, m in ours if m.state == MessageState.PLANNED and m.fence == r.fence]
    if not ours:
        session.rollback()
        return []
    door = _door(session, [ready for ready, _ in ours], limits, at)
    going = [(r, _decide(session, door, m, r, callbacks, at)) for r, m in ours]
    session.commit()
    return [(ready, outgoing) for ready, outgoing in going if outgoing is not None]


def finish(session: Session, answers: Sequence[tuple[Outgoing, Outcome]], *, at: datetime) -> None:
    """Write down what became of the calls. Twice with the same outcome changes nothing more."""
    ids = [outgoing.attempt_id for outgoing, _ in answers]
    whose = session.execute(select(Attempt.id, Attempt.message_id).where(col(Attempt.id).in_(ids))).all()
    messages = _locked(session, [message_id for _, message_id in whose])
    of_attempt = {attempt_id: messages.get(message_id) for attempt_id, message_id in whose}
    # Only now that their messages are locked do attempts stand still.
    attempts = {one.id: one for one in session.exec(select(Attempt).where(col(Attempt.id).in_(ids)))}
    for outgoing, outcome in answers:
        message = of_attempt.get(outgoing.attempt_id)
        if message is not None:
            attempt = attempts[outgoing.attempt_id]
            if rules.suppresses(outcome):
                suppress(session, attempt.channel, outgoing.to, reason="provider", at=at)
            settle(session, message, attempt, outcome, at=at)
    session.commit()


def settle(session: Session, message: Message, attempt: Attempt, outcome: Outcome, *, at: datetime) -> None:
    """Bring the attempt and, where it is the latest, its message up to what is known now. Does not commit."""
    if _is_old_news(attempt, outcome):
        return
    answer = rules.settle(
        outcome,
        state=message.state,
        known=attempt.provider_status,
        tries=attempt.number,
        not_after=message.not_after,
        spread=message.id.int % 97 / 97,
        at=at,
    )
    attempt.state, attempt.finished_at = answer.attempt, at
    attempt.error_code = answer.reason or attempt.error_code
    if isinstance(outcome, Accepted):
        attempt.provider_sid = outcome.sid
        _hear(attempt, outcome.status)
    if attempt.number == message.attempt_count:
        _apply(session, message, answer, at)


def end(
    session: Session, message_id: UUID, fence: int, state: MessageState, reason: str, *, at: datetime
) -> None:
    """Nothing is sent: nobody is there any more, or its words cannot be made. Twice is as once."""
    message = _locked(session, [message_id]).get(message_id)
    if message is not None and message.state == MessageState.PLANNED and message.fence == fence:
        moved_to(session, message, state, reason, at=at)
    session.commit()


def _locked(session: Session, ids: Sequence[UUID], *, wait: bool = True) -> dict[UUID, Message]:
    """In one order, so that no two senders wait for each other's messages."""
    found = session.exec(
        select(Message)
        .where(col(Message.id).in_(ids))
        .order_by(col(Message.id))
        .with_for_update(skip_locked=not wait)
        .options(defer(Message.to))  # type: ignore[arg-type]
        .execution_options(populate_existing=True)
    )
    return {message.id: message for message in found}


def _is_old_news(attempt: Attempt, outcome: Outcome) -> bool:
    """Only an attempt of which nothing firm is known learns something; that it was taken is always news."""
    if isinstance(outcome, Accepted) or attempt.state == AttemptState.IN_FLIGHT:
        return False
    return attempt.state != AttemptState.UNKNOWN or isinstance(outcome, Perhaps)


def _hear(attempt: Attempt, status: ProviderStatus) -> None:
    if rules.further(attempt.provider_status, status):
        attempt.provider_status = status


def _apply(session: Session, message: Message, answer: rules.Settlement, at: datetime) -> None:
    message.leased_until = None
    if answer.state == MessageState.PLANNED and answer.due_at is not None:
        # A new fence: whoever prepared this message before must not send it before its time.
        message.state, message.reason = MessageState.PLANNED, answer.reason
        message.due_at, message.fence = answer.due_at, message.fence + 1
    elif answer.state == MessageState.UNKNOWN:
        message.state, message.reason = MessageState.UNKNOWN, answer.reason
        message.unknown_at, message.look_at = at, answer.due_at
    elif answer.state != message.state:
        moved_to(session, message, answer.state, answer.reason, at=at)


@dataclass(frozen=True)
class _Door:
    """What is known of everybody in a batch at the moment of its start."""

    room: Room
    suppressed: Collection[tuple[ChannelName, str]]
    leased_until: datetime


def _door(session: Session, batch: Sequence[Ready], limits: Limits, at: datetime) -> _Door:
    addresses: dict[ChannelName, set[str]] = defaultdict(set)
    for ready in batch:
        addresses[ready.recipient.channel].add(ready.recipient.to)
    numbers = {address_index(ChannelName.SMS, number) for number in addresses[ChannelName.SMS]}
    return _Door(
        room(session, numbers, [ready.message_id for ready in batch], limits, at),
        {(name, to) for name, given in addresses.items() for to in suppressed_among(session, name, given)},
        session.execute(select(func.clock_timestamp() + LEASE)).scalar_one(),
    )


def _decide(
    session: Session, door: _Door, message: Message, ready: Ready, callbacks: str | None, at: datetime
) -> Outgoing | None:
    verdict = _verdict(session, door, message, ready.recipient, at)
    if isinstance(verdict, rules.Go):
        return _begin(session, door, message, ready, callbacks, at)
    if isinstance(verdict, rules.Stop):
        moved_to(session, message, verdict.state, verdict.reason, at=at)
    else:
        _wait(message, verdict)
    return None


def _verdict(
    session: Session, door: _Door, message: Message, recipient: Recipient, at: datetime
) -> rules.Go | rules.Wait | rules.Stop:
    keeps = rules.keeps_to_the_window(
        purpose=message.purpose,
        windowed=message.windowed,
        kind=message.recipient_kind,
        asked_at=message.created_at,
        at=at,
    )
    opens_at = recipient.rhythm.first_moment(at) if keeps else at
    if opens_at is None:
        return rules.Stop(MessageState.PERSON, "no-safe-moment")
    index = address_index(recipient.channel, recipient.to)
    counts = recipient.channel is ChannelName.SMS and message.purpose is not Purpose.STOP_CONFIRMED
    ceiling = door.room.reached(message.id, index) if counts else None
    if ceiling:
        _say_ceiling(session, message, index, ceiling, at)
    return rules.at_the_door(
        purpose=message.purpose,
        not_after=message.not_after,
        suppressed=(recipient.channel, recipient.to) in door.suppressed,
        opens_at=opens_at,
        ceiling_until=ceiling.until if ceiling else None,
        at=at,
    )


def _say_ceiling(session: Session, message: Message, index: bytes, ceiling: Reached, at: datetime) -> None:
    """One item a day, however many texts wait: for the number, or for all of them."""
    whose = index.hex()[:16] if ceiling.scope == "number" else "all"
    open_item(
        session,
        kind=CEILING_KIND,
        reason=f"ceiling-{ceiling.scope}",
        subject_id=message.id,
        dedupe_key=f"ceiling:{whose}:{at.date()}",
        details={"messageId": str(message.id), "purpose": message.purpose},
        at=at,
    )


def _wait(message: Message, verdict: rules.Wait) -> None:
    message.due_at, message.reason = verdict.until, verdict.reason
    message.leased_until, message.fence = None, message.fence + 1


def _begin(
    session: Session, door: _Door, message: Message, ready: Ready, callbacks: str | None, at: datetime
) -> Outgoing:
    recipient = ready.recipient
    message.state, message.reason = MessageState.IN_FLIGHT, None
    message.attempt_count += 1
    message.leased_until = door.leased_until
    message.channel, message.language = recipient.channel, recipient.language
    message.segments = ready.segments
    attempt = Attempt(
        message_id=message.id,
        number=message.attempt_count,
        channel=recipient.channel,
        to_index=address_index(recipient.channel, recipient.to),
        started_at=at,
        called_at=datetime.now(UTC),
    )
    session.add(attempt)
    if recipient.channel is ChannelName.SMS:
        door.room.take(message.id, attempt.to_index)
    report_to = f"{callbacks}/{attempt.id}" if callbacks and recipient.channel is ChannelName.SMS else None
    return Outgoing(
        attempt.id, recipient.to, ready.subject, ready.body, recipient.language, status_callback=report_to
    )
