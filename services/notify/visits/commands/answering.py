"""What JA and NEE do, heard by the machine or by a person."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from services.notify.channels.port import ChannelName
from services.notify.contacts.queries import address_index
from services.notify.contacts.rules import Keyword
from services.notify.messages.tables import Purpose
from services.notify.visits import queries, rules
from services.notify.visits.commands.planning import (
    call_owner,
    may_be_written_to,
    revive_plan,
    void_plan,
    want_text,
)
from services.notify.visits.commands.registering import confirm_number
from services.notify.visits.tables import COMING, Registration, RegistrationState, VisitDay, VisitState
from shared.errors import Conflict


def answer(session: Session, number: str, keyword: Keyword, *, at: datetime) -> bool:
    """A yes or no from this number (E.164). False where it answers nothing, or nobody can tell what.

    The caller, which heard the word, commits.

    The question whose number this is comes before the question whether they come. The same word twice changes
    nothing and is answered once.
    """
    found = queries.of_number(session, address_index(ChannelName.SMS, number), at)
    unconfirmed = [(one, visit) for one, visit in found if one.state in COMING and not may_be_written_to(one)]
    if unconfirmed:
        return _whose_number(session, unconfirmed, keyword, at)
    asked_at = queries.asked_at(session, [one.id for one, _ in found])
    chosen = rules.about([rules.Asked(one.id, one.state, asked_at.get(one.id)) for one, _ in found])
    if chosen is None:
        return False
    one, visit = next(pair for pair in found if pair[0].id == chosen.id)
    return _whether_they_come(session, one, visit, keyword, at)


def record(
    session: Session, visit_id: UUID, registration_id: UUID, wanted: RegistrationState, *, at: datetime
) -> Registration:
    """What a family told a person, by telephone or in a mail: `wanted` is confirmed or cancelled.

    Reminders follow it; no text goes out to thank for it. Twice is as once. Raises NotFound, and Conflict for
    a visit that is over, called off or full, and for a number whose owner refused it.
    """
    visit = queries.locked_visit(session, visit_id)
    one = queries.registration(session, visit_id, registration_id)
    session.refresh(one)
    if one.state is not wanted:
        _can_be_recorded(session, one, visit, at)
        _answered(session, one, visit, wanted, at)
    session.commit()
    return one


def _can_be_recorded(session: Session, one: Registration, visit: VisitDay, at: datetime) -> None:
    if visit.state is VisitState.CANCELLED or visit.starts_at <= at:
        raise Conflict("This visit day was cancelled, has begun or is over.", "visit-past")
    if one.state is RegistrationState.REFUSED:
        raise Conflict("The owner of this number said that the registration is not theirs.", "number-refused")
    if one.state is RegistrationState.CANCELLED and not _can_come_back(session, one, visit):
        raise Conflict("Their place was given to another family; this visit day is full.", "visit-full")


def _answered(
    session: Session, one: Registration, visit: VisitDay, wanted: RegistrationState, at: datetime
) -> None:
    if wanted is RegistrationState.CANCELLED:
        void_plan(session, one, "not-coming")
    elif one.state is RegistrationState.CANCELLED:
        revive_plan(session, visit, one, at)
    one.state, one.answered_at = wanted, at


def _whose_number(
    session: Session, waiting: list[tuple[Registration, VisitDay]], keyword: Keyword, at: datetime
) -> bool:
    for one, visit in waiting:
        if not _still_stands(session, one, visit):
            continue
        if keyword is Keyword.YES:
            confirm_number(session, visit, one, at)
        else:
            one.state, one.answered_at = RegistrationState.REFUSED, at
            void_plan(session, one, "number-refused")
            call_owner(session, one, "not-theirs", at)
    return True


def _whether_they_come(
    session: Session, one: Registration, visit: VisitDay, keyword: Keyword, at: datetime
) -> bool:
    if not _still_stands(session, one, visit):
        return False
    wanted = RegistrationState.CONFIRMED if keyword is Keyword.YES else RegistrationState.CANCELLED
    if one.state is wanted:
        return True
    if one.state is RegistrationState.CANCELLED and not _can_come_back(session, one, visit):
        return False
    _answered(session, one, visit, wanted, at)
    _thank(session, one, visit, keyword, at)
    return True


def _still_stands(session: Session, one: Registration, visit: VisitDay) -> bool:
    """Wait for whoever changes this visit, and see what it and the registration are by then."""
    version = visit.version
    queries.locked_visit(session, visit.id)
    session.refresh(one)
    return visit.state is VisitState.OPEN and visit.version == version


def _can_come_back(session: Session, one: Registration, visit: VisitDay) -> bool:
    families = queries.coming(session, visit.id)
    taken = any(family.contact_index == one.contact_index for family in families)
    return not taken and rules.has_room(visit.capacity, len(families))


def _thank(session: Session, one: Registration, visit: VisitDay, keyword: Keyword, at: datetime) -> None:
    yes = keyword is Keyword.YES
    purpose = Purpose.ANSWER_YES if yes else Purpose.ANSWER_NO
    key = f"visit:{one.id}:{visit.version}:{purpose}:{at.isoformat()}"
    want_text(session, visit, one, purpose, key, at, windowed=False)
