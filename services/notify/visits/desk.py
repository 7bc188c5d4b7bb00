"""What the desk of notify sees of families that no text may reach, and can do about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from babel.dates import format_date
from sqlmodel import Session

from services.notify.visits import queries
from services.notify.visits.commands import vouch
from services.notify.visits.commands.planning import NUMBER_KIND
from services.notify.visits.commands.reminding import STUCK_KIND
from shared.crypto import Unreadable
from shared.desk.actions import SETTLED_BY_TELEPHONE, Fact, Kind, View, note_only
from shared.desk.items import WorkItem


def number_confirmed(
    session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str
) -> None:
    """A person has spoken to the owner of the number: texts may go there. Twice is as once."""
    vouch(session, item.subject_id, at=at)


def describe(session: Session, item: WorkItem, language: str) -> View:
    return View(family_facts(session, item.subject_id, language))


def family_facts(session: Session, registration_id: UUID, language: str) -> Sequence[Fact]:
    """Who is registered for which visit, and how they are reached; where that cannot be read, which it is."""
    try:
        found = queries.with_visit(session, [registration_id]).get(registration_id)
    except Unreadable:
        return [Fact("registration", str(registration_id))]
    if found is None:
        return []
    one, visit = found
    day = format_date(visit.visit_date, "full", locale=language)
    facts = [
        Fact("name", one.name),
        Fact("phone", one.phone or ""),
        Fact("email", one.email or ""),
        Fact("minors-own-phone", "yes" if one.phone and one.minors_own_phone else ""),
        Fact("language", one.language),
        Fact("visit", f"{day}, {visit.start_time:%H:%M}, {visit.place}"),
        Fact("comes", one.state),
        Fact("registration", str(one.id)),
    ]
    return [fact for fact in facts if fact.value]


DESK = {
    NUMBER_KIND: Kind({SETTLED_BY_TELEPHONE: note_only, "number-confirmed": number_confirmed}, describe),
    STUCK_KIND: Kind({SETTLED_BY_TELEPHONE: note_only}, describe),
}
