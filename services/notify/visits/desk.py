"""Families that no text may reach: what the desk sees of them, and what it can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from sqlalchemy import select
from sqlmodel import Session, col

from services.notify.visits import queries
from services.notify.visits.commands import carry_out, leave_it, record, start_again, vouch
from services.notify.visits.commands.calling import CALL_KIND, called
from services.notify.visits.commands.escorting import ESCORT_KIND
from services.notify.visits.commands.planning import NUMBER_KIND
from services.notify.visits.commands.reminding import STUCK_KIND
from services.notify.visits.commands.seconding import SECOND_KIND
from services.notify.visits.commands.silenced import SILENCED_KIND
from services.notify.visits.tables import Registration, RegistrationState, VisitDay
from shared.crypto import Unreadable
from shared.desk.actions import SETTLED_BY_TELEPHONE, Fact, Kind, View, note_only
from shared.desk.items import WorkItem


def number_confirmed(
    session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str
) -> None:
    """Confirm a number after a person has spoken to its owner. Idempotent. Does not commit."""
    vouch(session, item.subject_id, at=at)


def carry_out_for_two(
    session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str
) -> None:
    """Call a visit day off, or move it, as another person asked within the hour. Does not commit."""
    carry_out(session, item.subject_id, by, at=at)


def leave_as_it_is(
    session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str
) -> None:
    leave_it(session, item.subject_id, at=at)


def told(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    """Note that a person has told the family what others get a text about. Does not commit."""
    called(session, item.subject_id)


def comes(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    """Record that the family said yes to a person, who has told it the rest too. Does not commit."""
    _said(session, item, RegistrationState.CONFIRMED, at)


def comes_not(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    _said(session, item, RegistrationState.CANCELLED, at)


def _said(session: Session, item: WorkItem, wanted: RegistrationState, at: datetime) -> None:
    called(session, item.subject_id)
    record(session, UUID(item.details["visitDayId"]), item.subject_id, wanted, at=at)


def describe_call(session: Session, item: WorkItem, language: str) -> View:
    facts = [*family_facts(session, item.subject_id, language)]
    facts += _kept_until(session, item.subject_id, language)
    return View([*facts, Fact("papers", "yes")] if "papers" in item.details else facts)


def _kept_until(session: Session, registration_id: UUID, language: str) -> list[Fact]:
    """Return until when a place is kept for a family that is offered one."""
    row = session.execute(
        select(col(Registration.offered_until), col(VisitDay.zone))
        .join(VisitDay, col(VisitDay.id) == col(Registration.visit_day_id))
        .where(col(Registration.id) == registration_id, col(Registration.offered_until).is_not(None))
    ).one_or_none()
    return [Fact("kept-until", moment_in_words(row[0], row[1], language))] if row else []


def describe_change(session: Session, item: WorkItem, language: str) -> View:
    """Return which visit day it is, and what the change reaches."""
    visit = session.get(VisitDay, item.subject_id)
    facts = [Fact("visit", in_words(visit, language))] if visit else []
    shown = ("visit_date", "start_time", "end_time", "families", "texts")
    return View([*facts, *(Fact(name, item.details[name]) for name in shown if name in item.details)])


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
    facts = [
        Fact("name", registration.name),
        Fact("phone", registration.phone or ""),
        Fact("email", registration.email or ""),
        Fact("address", registration.address or ""),
        Fact("companions", registration.companions or ""),
        Fact("special-needs", registration.special_needs or ""),
        Fact("escort", "yes" if registration.escort_wanted else ""),
        Fact("minors-own-phone", "yes" if registration.phone and registration.minors_own_phone else ""),
        Fact("language", registration.language),
        Fact("visit", in_words(visit, language)),
        Fact("comes", registration.state),
        Fact("registration", str(registration.id)),
    ]
    return [fact for fact in facts if fact.value]


def moment_in_words(at: datetime, zone: str, language: str) -> str:
    return str(format_datetime(at.astimezone(ZoneInfo(zone)), "EEE d MMM HH:mm", locale=language))


def in_words(visit: VisitDay, language: str) -> str:
    day = format_date(visit.visit_date, "full", locale=language)
    return f"{day}, {visit.start_time:%H:%M}, {visit.place}"


DESK = {
    SECOND_KIND: Kind({"carry-out": carry_out_for_two, "leave-it": leave_as_it_is}, describe_change),
    CALL_KIND: Kind({SETTLED_BY_TELEPHONE: told, "comes": comes, "comes-not": comes_not}, describe_call),
    NUMBER_KIND: Kind({SETTLED_BY_TELEPHONE: note_only, "number-confirmed": number_confirmed}, describe),
    SILENCED_KIND: Kind({SETTLED_BY_TELEPHONE: note_only, "start-again": write_again}, describe),
    STUCK_KIND: Kind({SETTLED_BY_TELEPHONE: note_only}, describe),
    ESCORT_KIND: Kind({SETTLED_BY_TELEPHONE: note_only, "escort-asked": note_only}, describe),
}
