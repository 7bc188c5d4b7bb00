"""Recording what a provider tells us after the call, or when it is asked."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import exists
from sqlmodel import Session, col, select

from services.notify.channels.port import ChannelName, Fault, Missing, NotSent, ProviderStatus, Report, Seen
from services.notify.contacts.commands import suppress_by_index
from services.notify.contacts.queries import address_index
from services.notify.messages import rules
from services.notify.messages.commands.consequences import moved_to
from services.notify.messages.commands.finishing import plan_again, record_outcome
from services.notify.messages.tables import Attempt, AttemptState, Message, MessageState
from shared.errors import NotFound

log = logging.getLogger(__name__)


def report(
    session: Session,
    attempt_id: UUID,
    told: Report,
    *,
    at: datetime,
) -> None:
    """Record a status report, which may be late, doubled, out of order, or ahead of the answer to our call.

    One that is about another text, by its number or the provider's id, changes nothing. Raises NotFound for
    an attempt that is not ours.
    """
    message, attempt = _both(session, attempt_id)
    if _is_about(attempt, told):
        _hear(session, message, attempt, told, at)
    else:
        log.warning("a report names another text than its attempt's (%s): nothing was done", told.status)
    session.commit()


def came_back(session: Session, attempt_id: UUID, code: str, *, at: datetime) -> bool:
    """Note that a mail which its server took did not arrive after all, as another server says. Idempotent.

    Returns False for an attempt that is none of ours, or no mail. Does not commit.
    """
    attempt = session.get(Attempt, attempt_id)
    if attempt is None or attempt.channel is not ChannelName.EMAIL:
        return False
    message, attempt = _both(session, attempt_id)
    told = Report(attempt.provider_sid or str(attempt_id), "", ProviderStatus.UNDELIVERED, code)
    _hear(session, message, attempt, told, at)
    return True


def _is_about(attempt: Attempt, told: Report) -> bool:
    """Whether a report is about the text that the attempt made, as far as we know the provider's id of it."""
    return (
        attempt.provider_sid in (None, told.sid)
        and address_index(attempt.channel, told.to) == attempt.to_index
    )


def bind(session: Session, message_id: UUID, seen: Sequence[Seen | Missing], *, at: datetime) -> MessageState:
    """Match a text that may be on its way with what the provider has; return the message's state.

    If exactly one text fits, the attempt is bound to it. Otherwise it is looked for again later, and in the
    end a person decides.
    """
    attempt = session.exec(
        select(Attempt)
        .where(Attempt.message_id == message_id, Attempt.state == AttemptState.UNKNOWN)
        .order_by(col(Attempt.number).desc())
        .limit(1)
    ).first()
    message = session.get_one(Message, message_id, with_for_update=True, populate_existing=True)
    if message.state == MessageState.UNKNOWN:
        _decide(session, message, attempt, seen, at)
    session.commit()
    return message.state


def _decide(
    session: Session,
    message: Message,
    attempt: Attempt | None,
    seen: Sequence[Seen | Missing],
    at: datetime,
) -> None:
    message.leased_until = None
    match = _match(session, attempt, seen) if attempt else None
    if attempt and isinstance(match, Seen):
        _hear(session, message, attempt, match, at)
    elif attempt and isinstance(match, Missing):
        record_outcome(session, message, attempt, NotSent("provider-never-had-it"), at=at)
    elif (again := rules.look_again(message.unknown_at or at, at)) is not None:
        message.look_at = again
    else:
        moved_to(session, message, MessageState.PERSON, message.reason, at=at)


def _match(session: Session, attempt: Attempt, seen: Sequence[Seen | Missing]) -> Seen | Missing | None:
    for one in seen:
        if one.attempt_id == attempt.id:
            return one
    ours = [
        one
        for one in seen
        if isinstance(one, Seen)
        and one.attempt_id is None
        and address_index(attempt.channel, one.to) == attempt.to_index
    ]
    bound = _bound(session, [one.sid for one in ours])
    free = [one for one in ours if one.sid not in bound]
    if _has_twin(session, attempt):
        return None
    return rules.find(free, attempt.called_at, min(datetime.now(UTC), attempt.called_at + rules.CALL_ENDS))


def _bound(session: Session, sids: Collection[str]) -> set[str | None]:
    return set(session.exec(select(Attempt.provider_sid).where(col(Attempt.provider_sid).in_(sids))))


def _has_twin(session: Session, attempt: Attempt) -> bool:
    """Whether another attempt to the same number is in doubt and about as old: the text could be either."""
    near = rules.CALL_ENDS + rules.CLOCKS_DIFFER
    twin = (
        select(Attempt.id)
        .where(
            Attempt.id != attempt.id,
            Attempt.to_index == attempt.to_index,
            col(Attempt.provider_sid).is_(None),
            col(Attempt.state).in_([AttemptState.UNKNOWN, AttemptState.IN_FLIGHT]),
            col(Attempt.called_at).between(attempt.called_at - near, attempt.called_at + near),
        )
        .limit(1)
    )
    return session.exec(select(exists(twin))).one()


def _both(session: Session, attempt_id: UUID) -> tuple[Message, Attempt]:
    attempt = session.get(Attempt, attempt_id)
    if attempt is None:
        raise NotFound("There is no such attempt.")
    message = session.get_one(Message, attempt.message_id, with_for_update=True, populate_existing=True)
    session.refresh(attempt)
    return message, attempt


def _hear(session: Session, message: Message, attempt: Attempt, told: Report | Seen, at: datetime) -> None:
    known = _known(attempt, told.status)
    if not rules.further(known, told.status):
        return
    is_latest = attempt.number == message.attempt_count
    state = rules.after_report(message.state, known, told.status, is_latest=is_latest)
    attempt.provider_sid, attempt.provider_status = attempt.provider_sid or told.sid, told.status
    attempt.state, attempt.error_code = AttemptState.ACCEPTED, told.error_code
    if told.fault is Fault.OPTED_OUT:
        suppress_by_index(session, attempt.channel, attempt.to_index, reason="provider", at=at)
    if state is MessageState.UNDELIVERED and told.fault is Fault.NEVER_LEFT:
        plan_again(session, message, attempt, told.error_code or str(told.status), at=at)
    elif state is not None:
        moved_to(session, message, state, told.error_code, at=at)


def _known(attempt: Attempt, heard: ProviderStatus) -> ProviderStatus | None:
    """Return how far the attempt is known to be.

    That a text arrived counts even after the provider said that it never left: it is then not sent again.
    """
    took_back = attempt.state == AttemptState.NOT_SENT and heard is ProviderStatus.DELIVERED
    return None if took_back else attempt.provider_status
