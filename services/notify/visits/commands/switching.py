"""A family chooses another day in place of the one that it has: it never has two, and never none."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from services.notify.visits import private_links, queries, rules
from services.notify.visits.commands.answering import recorded
from services.notify.visits.commands.proving import takes_registrations
from services.notify.visits.commands.registering import begin, note, refuse_if_full
from services.notify.visits.tables import COMING, Registration, RegistrationState, VisitDay
from shared.errors import Conflict, NotFound

# What is the same on another day: who comes, how it is reached, and what is known of that.
KEPT = (
    "name",
    "name_index",
    "phone",
    "email",
    "address",
    "companions",
    "special_needs",
    "papers_until",
    "escort_wanted",
    "from_page",
    "contact_index",
    "marks",
    "channel",
    "language",
    "adults",
    "child_age_bands",
    "first_visit",
    "minors_own_phone",
    "number_confirmed",
    "address_unproven",
    "number_asked_at",
)


def switch(
    session: Session, registration_id: UUID, visit_id: UUID, *, at: datetime, who: str
) -> Registration:
    """Register a family for another day and cancel the one it had; return the new registration. Commits.

    Pressed twice it is done once. Raises NotFound, and Conflict for a day that is full, cancelled or over, or
    on which the family comes already.
    """
    registration, visit = _both(session, registration_id, visit_id)
    to = queries.visit_day(session, visit_id)
    takes_registrations(to, at)
    if registration.state is RegistrationState.REFUSED or to.id == visit.id:
        raise NotFound("There is nothing to change here.")
    there = queries.family_coming(session, to.id, registration.contact_index, rules.name_of(registration))
    if there is not None:
        raise Conflict("This family is registered for that day already.", "registered-already")
    refuse_if_full(session, to)
    made = _moved(session, registration, to, at)
    if registration.state in COMING and rules.still_to_come(visit, at):
        recorded(session, registration, visit, RegistrationState.CANCELLED, at)
        note(session, who, "change", registration, at)
    begin(session, to, made, at, None, question=f"confirm-number:{made.id}")
    note(session, who, "add", made, at)
    session.commit()
    return made


def _both(session: Session, registration_id: UUID, visit_id: UUID) -> tuple[Registration, VisitDay]:
    """Return the registration and its visit as they are now, with both days locked."""
    pair = queries.with_visit(session, [registration_id]).get(registration_id)
    if pair is None:
        raise NotFound("There is no such registration.")
    queries.lock_visits(session, {pair[1].id, visit_id})
    session.refresh(pair[0])
    return pair


def _moved(session: Session, registration: Registration, to: VisitDay, at: datetime) -> Registration:
    kept = {name: getattr(registration, name) for name in KEPT}
    made = Registration(**kept, visit_day_id=to.id, created_at=at)
    private_links.seal(made)
    session.add(made)
    session.flush()
    return made
