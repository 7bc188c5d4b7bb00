"""Who a message about a visit goes to, and what it may say; true at the moment at which it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from babel.dates import format_date
from sqlmodel import Session

from services.notify.channels.port import ChannelName
from services.notify.contacts.queries import is_suppressed
from services.notify.messages.moments import Rhythm
from services.notify.messages.recipients import Nobody, Recipient
from services.notify.messages.tables import Message, Purpose
from services.notify.visits import queries, rules
from services.notify.visits.desk import family_facts
from services.notify.visits.steps import PURPOSES
from services.notify.visits.tables import Registration, Step, VisitDay
from shared.desk.actions import View
from shared.languages import text_language
from shared.runtime import Runtime

STEPS = {purpose: step for step, purpose in PURPOSES.items()}
Found = Mapping[UUID, tuple[Registration, VisitDay]]


class Families:
    """Those who registered for a visit."""

    def resolve(self, runtime: Runtime, messages: Sequence[Message]) -> Mapping[UUID, Recipient | Nobody]:
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

    def view(self, session: Session, message: Message, language: str) -> View:
        return View(family_facts(session, message.recipient_id, language))

    def objection(self, session: Session, message: Message, now: datetime) -> str | None:
        found = queries.with_visit(session, [message.recipient_id]).get(message.recipient_id)
        if found is None:
            return "recipient-gone"
        is_silent = is_suppressed(session, found[0].channel, found[0].contact_index)
        return "suppressed" if is_silent else _unsaid(message, *found, now)


def _asked_for(session: Session, messages: Sequence[Message], found: Found, now: datetime) -> Found:
    """By message id: for whom a number is asked about now that its first registration waits no more.

    One question stands for all who registered with a number before its owner answered.
    """
    others: dict[UUID, tuple[Registration, VisitDay]] = {}
    for message in messages:
        first = found.get(message.recipient_id)
        if message.purpose is Purpose.CONFIRM_NUMBER and first and _unsaid(message, *first, now):
            waiting = queries.waiting_for_number(session, first[0].contact_index, now)
            same = [pair for pair in waiting if pair[0].number_asked_at == first[0].number_asked_at]
            others |= {message.id: same[0]} if same else {}
    return others


def _family(
    message: Message, one: Registration, visit: VisitDay, papers: set[Step], now: datetime
) -> Recipient | Nobody:
    reason = _unsaid(message, one, visit, now)
    if reason is not None:
        return Nobody(reason)
    to = one.phone if one.channel is ChannelName.SMS else one.email
    if not to:
        return Nobody("no-address", missed=True)
    return Recipient(
        channel=one.channel,
        to=to,
        language=one.language,
        rhythm=Rhythm(visit.zone, minor=one.minors_own_phone, visit_at=visit.starts_at),
        values=values(one, visit, papers=STEPS.get(message.purpose) in papers),
    )


def _unsaid(message: Message, one: Registration, visit: VisitDay, now: datetime) -> str | None:
    return rules.why_unsaid(message.purpose, message.visit_version, one, visit, now)


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
