"""Who a message about a visit goes to, and what it may say; true at the moment at which it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from babel.dates import format_date
from sqlmodel import Session

from services.notify.channels.port import ChannelName
from services.notify.contacts.queries import is_suppressed
from services.notify.messages import answers, objections, sources
from services.notify.messages.moments import Rhythm
from services.notify.messages.sources import Nobody, Recipient
from services.notify.messages.tables import Message, Purpose, RecipientKind
from services.notify.visits import queries
from services.notify.visits.commands import answer
from services.notify.visits.commands.planning import PURPOSES, may_be_written_to
from services.notify.visits.tables import COMING, Registration, RegistrationState, Step, VisitDay, VisitState
from shared.languages import text_language
from shared.runtime import Runtime

STEPS = {purpose: step for step, purpose in PURPOSES.items()}
NOT_FOR_WHO_DECLINED = frozenset({*PURPOSES.values(), Purpose.VISIT_MOVED})
Found = Mapping[UUID, tuple[Registration, VisitDay]]


def register() -> None:
    """Let this room answer for registrations, and hear JA and NEE. Twice is as once."""
    sources.register(RecipientKind.REGISTRATION, families)
    answers.register(answer)
    objections.register(RecipientKind.REGISTRATION, objection)


def families(runtime: Runtime, messages: Sequence[Message]) -> Mapping[UUID, Recipient | Nobody]:
    now = runtime.clock.now()
    with runtime.sessions() as session:
        found = queries.with_visit(session, {message.recipient_id for message in messages})
        papers = queries.papers_to_tell(session, found)
        asked = _asked_for(session, messages, found, now)
    return {
        message.id: _family(
            message,
            *asked.get(message.id, found[message.recipient_id]),
            papers.get(message.recipient_id, set()),
            now,
        )
        if message.recipient_id in found
        else Nobody("recipient-gone")
        for message in messages
    }


def _asked_for(session: Session, messages: Sequence[Message], found: Found, now: datetime) -> Found:
    """By message id: for whom a number is asked about now that its first registration waits no more.

    One question stands for all who registered with a number before its owner answered.
    """
    others: dict[UUID, tuple[Registration, VisitDay]] = {}
    for message in messages:
        first = found.get(message.recipient_id)
        if message.purpose is Purpose.CONFIRM_NUMBER and first and why_not(message, *first, now):
            waiting = queries.waiting_for_number(session, first[0].contact_index, now)
            same = [pair for pair in waiting if pair[0].number_asked_at == first[0].number_asked_at]
            others |= {message.id: same[0]} if same else {}
    return others


def _family(
    message: Message, one: Registration, visit: VisitDay, papers: set[Step], now: datetime
) -> Recipient | Nobody:
    reason = why_not(message, one, visit, now)
    if reason is not None:
        return Nobody(reason)
    to = one.phone if one.channel is ChannelName.SMS else one.email
    if not to:
        return Nobody("no-address", missed=True)
    return Recipient(
        channel=one.channel,
        to=to,
        language=one.language,
        rhythm=Rhythm(visit.zone, visit_at=visit.starts_at),
        values=values(one, visit, papers=STEPS.get(message.purpose) in papers),
    )


def objection(session: Session, message: Message, now: datetime) -> str | None:
    found = queries.with_visit(session, [message.recipient_id]).get(message.recipient_id)
    if found is None:
        return "recipient-gone"
    is_silent = is_suppressed(session, found[0].channel, found[0].contact_index)
    return "suppressed" if is_silent else why_not(message, *found, now)


def why_not(message: Message, one: Registration, visit: VisitDay, now: datetime) -> str | None:
    """Why this must no longer be said to this family, or None where it may."""
    purpose = message.purpose
    if visit.starts_at <= now:
        return "visit-past"
    if one.state is RegistrationState.REFUSED:
        return "number-refused"
    if purpose is Purpose.CONFIRM_NUMBER:
        return "visit-cancelled" if visit.state is VisitState.CANCELLED else _asked_in_vain(one)
    if not may_be_written_to(one):
        return "number-not-confirmed"
    if (visit.state is VisitState.CANCELLED) is not (purpose is Purpose.VISIT_CANCELLED):
        return f"visit-{visit.state}"
    if message.visit_version not in (None, visit.version):
        return "visit-moved"
    return _said_otherwise(purpose, one)


def _said_otherwise(purpose: Purpose, one: Registration) -> str | None:
    if purpose is Purpose.ANSWER_YES and one.state is not RegistrationState.CONFIRMED:
        return "not-coming"
    if purpose is Purpose.ANSWER_NO and one.state is not RegistrationState.CANCELLED:
        return "comes-after-all"
    return "not-coming" if purpose in NOT_FOR_WHO_DECLINED and one.state not in COMING else None


def _asked_in_vain(one: Registration) -> str | None:
    if may_be_written_to(one):
        return "number-confirmed"
    return None if one.state in COMING else "not-coming"


def values(one: Registration, visit: VisitDay, *, papers: bool) -> dict[str, str]:
    """What the wording may name: never a facility, only the town. `papers` is "yes" or empty."""
    language = text_language(one.language)
    return {
        "name": one.name,
        "date": format_date(visit.visit_date, "EEE d MMM", locale=language),
        "long_date": format_date(visit.visit_date, "EEEE d MMMM yyyy", locale=language),
        "time": f"{visit.start_time:%H:%M}",
        "place": visit.place,
        "papers": "yes" if papers else "",
    }
