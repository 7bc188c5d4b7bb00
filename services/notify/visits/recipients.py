"""Who a message about a visit goes to and what it may say, looked up at the moment it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlmodel import Session, col, select

from services.notify.channels.port import ChannelName
from services.notify.contacts.queries import is_suppressed
from services.notify.messages.moments import Rhythm
from services.notify.messages.purposes import ROWS, About
from services.notify.messages.recipients import Nobody, Recipient
from services.notify.messages.tables import Message, Purpose
from services.notify.visits import choices, links, private_links, queries, rules
from services.notify.visits.desk import family_facts
from services.notify.visits.numbering import language_of, numbered
from services.notify.visits.steps import PURPOSES
from services.notify.visits.tables import FamilyWords, Registration, Step, VisitDay
from shared.desk.actions import View
from shared.runtime import Runtime
from shared.security.keystore import ApiKey

# Where a family looks for another day.
OTHER_DAYS = "/days"
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
            numbers = _numbers(session, messages, now)
            words = _own_words(session, messages)
        return {
            message.id: _family(
                message,
                *asked.get(message.id, registered[message.recipient_id]),
                papers.get(message.recipient_id, set()),
                _Beside(
                    runtime.settings.public_url("notify"),
                    numbers.get(message.id),
                    words.get(message.cause_id),
                ),
                now,
            )
            if message.recipient_id in registered
            else Nobody("recipient-gone")
            for message in messages
        }

    def view(self, session: Session, message: Message, language: str) -> View:
        return View(family_facts(session, message.recipient_id, language))

    def seen_by(self, runtime: Runtime, key: ApiKey, message: Message) -> bool:
        """Return False for the question whose number it is, and for what the desk wrote to the family.

        Both may tell of visits elsewhere.
        """
        if key.facilities is None or ROWS[message.purpose].about in (About.NUMBER, About.WORDS):
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


def _numbers(session: Session, messages: Sequence[Message], now: datetime) -> dict[UUID, str | None]:
    """Return, by message id, the families that it numbers; None where they are no longer those."""
    asking = {one.cause_id: one.id for one in messages if one.purpose is Purpose.WHICH_VISIT}
    offered = choices.offered(session, list(asking), now)
    return {asking[choice_id]: numbered(pairs) for choice_id, pairs in offered.items()}


def _own_words(session: Session, messages: Sequence[Message]) -> dict[UUID, str]:
    """Return what a person wrote, by its id."""
    ids = [one.cause_id for one in messages if one.purpose is Purpose.FAMILY_WORDS]
    rows = session.exec(select(FamilyWords).where(col(FamilyWords.id).in_(ids))) if ids else ()
    return {row.id: row.words for row in rows}


@dataclass(frozen=True)
class _Beside:
    """What a text may say beside what is known of its family: our pages, numbered families, own words."""

    site: str
    choices: str | None
    words: str | None


def _family(
    message: Message,
    registration: Registration,
    visit: VisitDay,
    papers: set[Step],
    beside: _Beside,
    now: datetime,
) -> Recipient | Nobody:
    reason = _unsaid(message, registration, visit, now)
    if reason is not None:
        return Nobody(reason)
    if message.purpose is Purpose.WHICH_VISIT and beside.choices is None:
        return Nobody("no-longer-so")
    if message.purpose is Purpose.FAMILY_WORDS and beside.words is None:
        return Nobody("recipient-gone")
    channel = registration.channel.written
    to = registration.phone if channel is ChannelName.SMS else registration.email
    if not to or channel is None:
        return Nobody("no-address", missed=True)
    return Recipient(
        channel=channel,
        to=to,
        language=language_of(registration, visit),
        rhythm=Rhythm(visit.zone, minor=registration.minors_own_phone, visit_at=visit.starts_at),
        values=values(registration, visit, papers=STEPS.get(message.purpose) in papers)
        | {
            "url": f"{beside.site}{links.PAGE}/{links.token(registration)}",
            "page": private_links.private_link(registration, beside.site),
            "days": f"{beside.site}{OTHER_DAYS}",
            "until": _until(registration, visit),
            "choices": beside.choices or "",
            "words": beside.words or "",
        },
        # Anybody can type a number on a page: what asks its owner is paid from the share of these.
        unproven=registration.from_page and not rules.may_be_written_to(registration),
    )


def _until(registration: Registration, visit: VisitDay) -> str:
    """Return until when a place is kept for the family, by the clock of the facility; nothing if none is."""
    if registration.offered_until is None:
        return ""
    local = registration.offered_until.astimezone(ZoneInfo(visit.zone))
    return f"{format_date(local, 'EEE d MMM', locale=language_of(registration, visit))} {local:%H:%M}"


def _unsaid(message: Message, registration: Registration, visit: VisitDay, now: datetime) -> str | None:
    return rules.why_unsaid(message.purpose, message.visit_version, registration, visit, now)


def values(registration: Registration, visit: VisitDay, *, papers: bool) -> dict[str, str]:
    """Return what the wording may name: the town, never the facility. `papers` becomes "yes" or empty."""
    language = language_of(registration, visit)
    return {
        "name": registration.name,
        "date": format_date(visit.visit_date, "EEE d MMM", locale=language),
        "long_date": format_date(visit.visit_date, "EEEE d MMMM yyyy", locale=language),
        "time": f"{visit.start_time:%H:%M}",
        "place": visit.place,
        "papers": "yes" if papers else "",
    }
