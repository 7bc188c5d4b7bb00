"""What JA and NEE do, heard by the machine or by a person."""

from __future__ import annotations

from collections.abc import Sequence
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
    revive_plan,
    void_plan,
    want_text,
)
from services.notify.visits.commands.registering import Waiting, confirm_waiting, waits_for_owner
from services.notify.visits.tables import COMING, Registration, RegistrationState, VisitDay, VisitState
from shared.errors import Conflict


def answer(session: Session, number: str, keyword: Keyword, *, at: datetime) -> bool:
    """A yes or no from this number (E.164). False where it answers nothing, or nobody can tell what.

    The caller, which heard the word, commits.

    Nobody can tell where it is asked both whose number this is and whether they come. The same word twice
    changes nothing and is answered once.
    """
    index = address_index(ChannelName.SMS, number)
    found = _latest(queries.of_number(session, index, at))
    waiting = queries.waiting_for_number(session, index, at)
    asked_at = queries.asked_at(session, [one.id for one, _ in found])
    asked = [rules.Asked(one.id, one.state, asked_at.get(one.id)) for one, _ in found]
    if waiting:
        return not rules.pending(asked) and _whose_number(session, waiting, keyword, at)
    chosen = rules.about(asked)
    if chosen is None:
        return False
    one, visit = next(pair for pair in found if pair[0].id == chosen.id)
    return _whether_they_come(session, one, visit, keyword, at)


def _latest(found: Sequence[tuple[Registration, VisitDay]]) -> list[tuple[Registration, VisitDay]]:
    """Without those who said no and then registered for the same visit again."""
    again = {visit.id for one, visit in found if one.state in COMING}
    return [(one, visit) for one, visit in found if one.state in COMING or visit.id not in again]


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
    if not rules.still_to_come(visit, at):
        raise Conflict("This visit day was cancelled, has begun or is over.", rules.VISIT_PAST)
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


def _whose_number(session: Session, waiting: Waiting, keyword: Keyword, at: datetime) -> bool:
    queries.lock_visits(session, {visit.id for _, visit in waiting})
    if keyword is Keyword.YES:
        return confirm_waiting(session, waiting, at)
    refused = [one for one, visit in waiting if waits_for_owner(session, one, visit)]
    for one in refused:
        one.state, one.answered_at = RegistrationState.REFUSED, at
        void_plan(session, one, "number-refused")
        call_owner(session, one, reason="not-theirs", at=at)
    return bool(refused)


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
