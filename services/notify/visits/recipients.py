"""Who a message about a visit goes to and what it may say, looked up at the moment it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from babel.dates import format_date
from sqlmodel import Session

from services.notify.channels.port import ChannelName
from services.notify.contacts.queries import is_suppressed
from services.notify.messages.moments import Rhythm
from services.notify.messages.purposes import ROWS, About
from services.notify.messages.recipients import Nobody, Recipient
from services.notify.messages.tables import Message, Purpose
from services.notify.visits import queries, rules
from services.notify.visits.desk import family_facts
from services.notify.visits.steps import PURPOSES
from services.notify.visits.tables import Registration, Step, VisitDay
from shared.desk.actions import View
from shared.geography import facility, home_language
from shared.languages import text_language
from shared.runtime import Runtime
from shared.security.keystore import ApiKey

STEPS = {purpose: step for step, purpose in PURPOSES.items()}
Found = Mapping[UUID, tuple[Registration, VisitDay]]


class Families:
    """Families that registered for a visit."""

    def resolve(self, runtime: Runtime, messages: Sequence[Message]) -> Mapping[UUID, Recipient | Nobody]:
        now = runtime.clock.now()
        with runtime.sessions() as session:
            registered = queries.with_visit(session, {message.recipient_id for message in messages})
            papers = queries.papers_to_tell(session, registered)
            asked = _asked_for(session, messages, registered, now)
        return {
            message.id: _family(
                message,
                *asked.get(message.id, registered[message.recipient_id]),
                papers.get(message.recipient_id, set()),
                now,
            )
            if message.recipient_id in registered
            else Nobody("recipient-gone")
            for message in messages
        }

    def view(self, session: Session, message: Message, language: str) -> View:
        return View(family_facts(session, message.recipient_id, language))

    def seen_by(self, runtime: Runtime, key: ApiKey, message: Message) -> bool:
        """Return False for the question whose number it is: its answer may tell of visits elsewhere."""
        if key.facilities is None or ROWS[message.purpose].about is About.NUMBER:
            return False
        with runtime.sessions() as session:
            return queries.facility_of(session, message.recipient_id) in key.facilities

    def objection(self, session: Session, message: Message, now: datetime) -> str | None:
        pair = queries.with_visit(session, [message.recipient_id]).get(message.recipient_id)
        if pair is None:
            return "recipient-gone"
        is_silent = is_suppressed(session, pair[0].channel, pair[0].contact_index)
        return "suppressed" if is_silent else _unsaid(message, *pair, now)


def _asked_for(session: Session, messages: Sequence[Message], registered: Found, now: datetime) -> Found:
    """Return, by message id, the registration to name when a number's first one no longer needs confirming.

    One text asks the owner on behalf of every registration with that number that waits for the answer.
    """
    others: dict[UUID, tuple[Registration, VisitDay]] = {}
    for message in messages:
        first = registered.get(message.recipient_id)
        if message.purpose is Purpose.CONFIRM_NUMBER and first and _unsaid(message, *first, now):
            waiting = queries.waiting_for_number(session, first[0].contact_index, now)
            same = [pair for pair in waiting if pair[0].number_asked_at == first[0].number_asked_at]
            others |= {message.id: same[0]} if same else {}
    return others


def _family(
    message: Message, registration: Registration, visit: VisitDay, papers: set[Step], now: datetime
) -> Recipient | Nobody:
    reason = _unsaid(message, registration, visit, now)
    if reason is not None:
        return Nobody(reason)
    channel = registration.channel.written
    to = registration.phone if channel is ChannelName.SMS else registration.email
    if not to or channel is None:
        return Nobody("no-address", missed=True)
    return Recipient(
        channel=channel,
        to=to,
        language=_language(registration, visit),
        rhythm=Rhythm(visit.zone, minor=registration.minors_own_phone, visit_at=visit.starts_at),
        values=values(registration, visit, papers=STEPS.get(message.purpose) in papers),
    )


def _unsaid(message: Message, registration: Registration, visit: VisitDay, now: datetime) -> str | None:
    return rules.why_unsaid(message.purpose, message.visit_version, registration, visit, now)


def values(registration: Registration, visit: VisitDay, *, papers: bool) -> dict[str, str]:
    """Return what the wording may name: the town, never the facility. `papers` becomes "yes" or empty."""
    language = _language(registration, visit)
    return {
        "name": registration.name,
        "date": format_date(visit.visit_date, "EEE d MMM", locale=language),
        "long_date": format_date(visit.visit_date, "EEEE d MMMM yyyy", locale=language),
        "time": f"{visit.start_time:%H:%M}",
        "place": visit.place,
        "papers": "yes" if papers else "",
    }


def _language(registration: Registration, visit: VisitDay) -> str:
    """Return the language to write to a family in: its own, or that of the place which it visits."""
    place = facility(visit.facility)
    return text_language(registration.language, home_language(place.country, place.postcode) if place else "")
