"""The three short transactions of a send. The first is the claim; these are the other two.

`start` puts on disk that the call will be made, `finish` what became of it. What happens between them, a
crash included, therefore never leads to a second text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, select

from services.notify.channels.port import Accepted, ChannelName, Outcome, Outgoing, Perhaps, ProviderStatus
from services.notify.contacts.commands import suppress
from services.notify.contacts.queries import address_index, is_suppressed
from services.notify.messages import rules
from services.notify.messages.commands.ceilings import Limits as Limits
from services.notify.messages.commands.ceilings import Reached, reached
from services.notify.messages.commands.consequences import CEILING_KIND, moved_to
from services.notify.messages.sources import Recipient
from services.notify.messages.tables import Attempt, AttemptState, Message, MessageState
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
    session: Session, ready: Ready, *, limits: Limits, callbacks: str | None, at: datetime
) -> Outgoing | None:
    """Decide for the last time; on "go" the attempt is on disk when this returns, and the call must follow.

    None where there is nothing to send: it is another's by now, was taken back, or must wait.
    `callbacks` is the address under which the provider reports, to be followed by the attempt's id.
    """
    message = _locked(session, ready.message_id)
    if message is None or message.state != MessageState.PLANNED or message.fence != ready.fence:
        session.rollback()
        return None
    verdict = _verdict(session, message, ready.recipient, limits, at)
    outgoing = None
    if isinstance(verdict, rules.Stop):
        moved_to(session, message, verdict.state, verdict.reason, at=at)
    elif isinstance(verdict, rules.Wait):
        _wait(message, verdict)
    else:
        outgoing = _begin(session, message, ready, callbacks, at)
    session.commit()
    return outgoing


def finish(session: Session, outgoing: Outgoing, outcome: Outcome, *, at: datetime) -> None:
    """Write down what became of the call. Twice with the same outcome changes nothing more."""
    attempt = session.get_one(Attempt, outgoing.attempt_id)
    message = _locked(session, attempt.message_id)
    session.refresh(attempt)
    if message is None:
        return
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
    message = _locked(session, message_id)
    if message is not None and message.state == MessageState.PLANNED and message.fence == fence:
        moved_to(session, message, state, reason, at=at)
    session.commit()


def _locked(session: Session, message_id: UUID) -> Message | None:
    return session.exec(
        select(Message)
        .where(Message.id == message_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


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


def _verdict(
    session: Session, message: Message, recipient: Recipient, limits: Limits, at: datetime
) -> rules.Go | rules.Wait | rules.Stop:
    keeps = rules.keeps_to_the_window(
        windowed=message.windowed, kind=message.recipient_kind, asked_at=message.created_at, at=at
    )
    opens_at = recipient.rhythm.first_moment(at) if keeps else at
    if opens_at is None:
        return rules.Stop(MessageState.PERSON, "no-safe-moment")
    index = address_index(recipient.channel, recipient.to)
    ceiling = reached(session, recipient.channel, index, message.id, limits, at)
    if ceiling:
        _say_ceiling(session, message, index, ceiling, at)
    return rules.at_the_door(
        purpose=message.purpose,
        not_after=message.not_after,
        suppressed=is_suppressed(session, recipient.channel, recipient.to),
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


def _begin(session: Session, message: Message, ready: Ready, callbacks: str | None, at: datetime) -> Outgoing:
    recipient = ready.recipient
    message.state, message.reason = MessageState.IN_FLIGHT, None
    message.attempt_count += 1
    message.leased_until = func.clock_timestamp() + LEASE  # type: ignore[assignment]
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
    report_to = f"{callbacks}/{attempt.id}" if callbacks and recipient.channel is ChannelName.SMS else None
    return Outgoing(
        attempt.id, recipient.to, ready.subject, ready.body, recipient.language, status_callback=report_to
    )
