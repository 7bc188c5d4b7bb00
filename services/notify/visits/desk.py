"""Families that no text may reach: what the desk sees of them, and what it can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from babel.dates import format_date
from sqlmodel import Session

from services.notify.visits import queries
from services.notify.visits.commands import start_again, vouch
from services.notify.visits.commands.planning import NUMBER_KIND
from services.notify.visits.commands.reminding import STUCK_KIND
from services.notify.visits.commands.silenced import SILENCED_KIND
from shared.crypto import Unreadable
from shared.desk.actions import SETTLED_BY_TELEPHONE, Fact, Kind, View, note_only
from shared.desk.items import WorkItem


def number_confirmed(
    session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str
) -> None:
    """Confirm a number after a person has spoken to its owner. Idempotent. Does not commit."""
    vouch(session, item.subject_id, at=at)


def write_again(
    session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str
) -> None:
    """Lift the silence of a family that told a person that it wants messages after all. Idempotent."""
    start_again(session, item.subject_id)


def describe(session: Session, item: WorkItem, language: str) -> View:
    return View(family_facts(session, item.subject_id, language))


def family_facts(session: Session, registration_id: UUID, language: str) -> Sequence[Fact]:
    """Return who is registered, for which visit, and how to reach them.

    Returns only the id where the registration cannot be decrypted, and no facts where there is none.
    """
    try:
        pair = queries.with_visit(session, [registration_id]).get(registration_id)
    except Unreadable:
        return [Fact("registration", str(registration_id))]
    if pair is None:
        return []
    registration, visit = pair
    day = format_date(visit.visit_date, "full", locale=language)
    facts = [
        Fact("name", registration.name),
        Fact("phone", registration.phone or ""),
        Fact("email", registration.email or ""),
        Fact("minors-own-phone", "yes" if registration.phone and registration.minors_own_phone else ""),
        Fact("language", registration.language),
        Fact("visit", f"{day}, {visit.start_time:%H:%M}, {visit.place}"),
        Fact("comes", registration.state),
        Fact("registration", str(registration.id)),
    ]
    return [fact for fact in facts if fact.value]


DESK = {
    NUMBER_KIND: Kind({SETTLED_BY_TELEPHONE: note_only, "number-confirmed": number_confirmed}, describe),
    SILENCED_KIND: Kind({SETTLED_BY_TELEPHONE: note_only, "start-again": write_again}, describe),
    STUCK_KIND: Kind({SETTLED_BY_TELEPHONE: note_only}, describe),
}
