"""A family registers for a visit day, once; what it says later takes the place of what it said."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from services.notify.messages.commands import void
from services.notify.visits import private_links, queries, rules
from services.notify.visits.commands.answering import recorded
from services.notify.visits.commands.calling import no_call
from services.notify.visits.commands.escorting import ask_for_escort
from services.notify.visits.commands.planning import greet, write_plan
from services.notify.visits.commands.proving import (
    Facilities,
    ask_owner,
    confirm_waiting,
    is_trusted,
    remember_proven,
    takes_registrations,
)
from services.notify.visits.commands.queueing import reached_elsewhere, take_place, wait
from services.notify.visits.commands.reaching import Amendment, Family, Reached, reached_at
from services.notify.visits.commands.silenced import say_if_silenced
from services.notify.visits.queued import has_room
from services.notify.visits.tables import (
    COMING,
    FamilyChannel,
    Registration,
    RegistrationState,
    VisitDay,
)
from shared import audit
from shared.errors import Conflict
from shared.finding import marks_of

ANOTHER_REACH = "reached-elsewhere"
# Whoever says yes in one of these states takes a place by that.
NOT_YET = (RegistrationState.CANCELLED, RegistrationState.WAITING)


def register(
    session: Session,
    visit_id: UUID,
    family: Family,
    *,
    at: datetime,
    within: Facilities = None,
    who: str = "system",
) -> tuple[Registration, bool]:
    """Register a family; return the registration and whether it is new.

    The same name with the same number or address is the same registration: what was said last counts, and
    nobody is told anew. A number that is neither vouched for nor trusted gets one text that asks its owner,
    and no other before the owner says yes. On a full day a family with `waitlist` takes the last turn in the
    queue; one that waits and registers again has the place that is free, or kept for it. `within`: the
    facilities that the caller may know of; `who` is for the audit. Raises NotFound, Invalid, TooMany, and
    Conflict for a visit that is full, cancelled or over and for a number whose owner refused a registration
    lately.
    """
    done = enrolled(session, visit_id, family, at=at, within=within, who=who)
    session.commit()
    return done


def enrolled(
    session: Session, visit_id: UUID, family: Family, *, at: datetime, within: Facilities, who: str
) -> tuple[Registration, bool]:
    """As `register`, for who commits by itself.

    Who fills in a form and gives a name and number that are registered already may be somebody else: that
    changes nothing, takes a place like any other, and is the same family once the owner says yes to it.
    """
    visit = queries.visit_day(session, visit_id)
    takes_registrations(visit, at)
    reached = reached_at(family, visit.country)
    waiting = queries.waiting_for_number(session, reached.index, at) if family.vouched else []
    queries.lock_visits(session, {visit.id, *(other.id for _, other in waiting)})
    takes_registrations(visit, at)
    confirm_waiting(session, waiting, at)
    known = queries.family_coming(session, visit.id, reached.index, reached.name_index)
    if known is not None and not family.form:
        # Another call may have registered the family while we waited for the lock.
        confirm_waiting(session, [(known, visit)] if family.vouched else [], at)
        _says_anew(session, visit, known, family, reached, at, within)
        if known.state is RegistrationState.WAITING and has_room(session, visit, but=known.id):
            take_place(session, visit, known, at)
        note(session, who, "change", known, at)
        return known, False
    if known is not None:
        reached = replace(reached, name_index=rules.index_of_form(family.form))
    waits = family.waitlist and not has_room(session, visit)
    if not waits:
        refuse_if_full(session, visit)
    made = _add(session, visit, family, reached, at, within)
    question = f"confirm-number:{made.id}"
    if waits:
        wait(session, visit, made, at)
        _ask_if_unproven(session, visit, made, at, within, question=question)
    else:
        begin(session, visit, made, at, within, question=question)
    say_if_silenced(session, made, at)
    note(session, who, "add", made, at)
    return made, True


def amend(
    session: Session,
    visit_id: UUID,
    registration_id: UUID,
    changes: Amendment,
    *,
    at: datetime,
    within: Facilities = None,
    who: str = "system",
    on_page: bool = False,
) -> Registration:
    """Change what a family said, as it told a person. Reminders follow it; nobody is thanked. Idempotent.

    `on_page`: it was typed on the family's own page, by whoever has the link. Another number or address is
    unproven: its owner is asked before anything else goes there. Raises as `register`, and NotFound for a
    registration of another visit day.
    """
    visit = queries.locked_visit(session, visit_id)
    registration = queries.registration(session, visit_id, registration_id)
    session.refresh(registration)
    family = _amended(registration, changes)
    if changes.state is RegistrationState.CONFIRMED and registration.state in NOT_YET:
        # First of all: the owner of a new number is asked only for a family that comes.
        recorded(session, registration, visit, changes.state, at)
    if family != _as_known(registration):
        _still_ahead(visit, at)
        registration.from_page |= on_page
        reached = _still(registration, family, reached_at(family, visit.country))
        reached = _nobody_elses(session, visit, registration, reached, on_page=on_page)
        _says_anew(session, visit, registration, family, reached, at, within)
    if changes.state is not None:
        recorded(session, registration, visit, changes.state, at)
    note(session, who, "change", registration, at)
    session.commit()
    return registration


def note(session: Session, who: str, deed: str, registration: Registration, at: datetime) -> None:
    audit.record(session, who, f"registration.{deed}", f"registration:{registration.id}", at=at)


def look_who_comes(session: Session, visit_id: UUID, who: str, *, at: datetime) -> None:
    """Note that somebody is shown the names of the families that come."""
    audit.record(session, who, "reveal.names", f"visit-day:{visit_id}", at=at, why="who-comes")
    session.commit()


def _as_known(registration: Registration) -> Family:
    return Family(
        name=registration.name,
        channel=registration.channel,
        language=registration.language,
        phone=registration.phone,
        email=registration.email,
        adults=registration.adults,
        child_age_bands=tuple(registration.child_age_bands),
        first_visit=registration.first_visit,
        minors_own_phone=registration.minors_own_phone,
    )


def _amended(registration: Registration, changes: Amendment) -> Family:
    said = {name: value for name, value in vars(changes).items() if value is not None and name != "state"}
    return replace(_as_known(registration), **said)


def _still_ahead(visit: VisitDay, at: datetime) -> None:
    over = rules.why_over(visit, at)
    if over is not None:
        raise Conflict("This visit day was cancelled, has begun or is over, so nothing can be changed.", over)


def _still(registration: Registration, family: Family, reached: Reached) -> Reached:
    """Return how a family is known that a person telephones: as before, while its number stays the same."""
    by_a_person = family.channel.written is None and registration.channel.written is None
    if by_a_person and reached.phone == registration.phone:
        return replace(reached, index=bytes(registration.contact_index))
    return reached


def _nobody_elses(
    session: Session, visit: VisitDay, registration: Registration, reached: Reached, *, on_page: bool
) -> Reached:
    """Raise Conflict where another family has this name and number already.

    Not on a page, which would tell whoever types them that somebody is registered: that is another family.
    """
    other = queries.family_coming(session, visit.id, reached.index, reached.name_index)
    if other is None or other.id == registration.id:
        return reached
    if on_page:
        return replace(reached, name_index=rules.index_of_form(str(registration.id)))
    raise Conflict(
        "A family of this name is registered with this number or address already.", "registered-already"
    )


def _says_anew(
    session: Session,
    visit: VisitDay,
    registration: Registration,
    family: Family,
    reached: Reached,
    at: datetime,
    within: Facilities,
) -> None:
    """Store what the family says now; where it is reached in another way, begin again there."""
    before = (registration.channel, bytes(registration.contact_index))
    plan_before = (registration.first_visit, registration.minors_own_phone)
    _store(registration, family, reached)
    if before != (registration.channel, reached.index):
        _reached_anew(session, visit, registration, at, within, vouched=family.vouched)
    elif registration.state in COMING and plan_before != (
        registration.first_visit,
        registration.minors_own_phone,
    ):
        greet = not rules.may_be_written_to(registration)
        write_plan(session, visit, registration, at, papers=registration.first_visit, greet=greet)
    ask_for_escort(session, registration, at)


def _store(registration: Registration, family: Family, reached: Reached) -> None:
    registration.name, registration.name_index = family.name, reached.name_index
    registration.channel, registration.contact_index = family.channel, reached.index
    registration.phone, registration.email = reached.phone, family.email
    registration.marks = marks_of(family.name, reached.phone, family.email)
    registration.language, registration.adults = family.language, family.adults
    registration.child_age_bands = list(family.child_age_bands)
    registration.first_visit = family.first_visit
    registration.minors_own_phone = family.minors_own_phone
    for name, value in _beside(family).items():
        setattr(registration, name, value)


def _beside(family: Family) -> dict[str, Any]:
    """Return what the gate and the desk are told beside, where the family was asked; empty is none."""
    words = {
        "address": family.address,
        "companions": family.companions,
        "special_needs": family.special_needs,
    }
    said: dict[str, Any] = {name: value or None for name, value in words.items() if value is not None}
    others = {"papers_until": family.papers_until, "escort_wanted": family.escort_wanted}
    return said | {name: value for name, value in others.items() if value is not None}


def _reached_anew(
    session: Session,
    visit: VisitDay,
    registration: Registration,
    at: datetime,
    within: Facilities,
    *,
    vouched: bool,
) -> None:
    """Nothing goes to the number or address of before any more, and the new one is unproven."""
    void(session, registration.id, reason=ANOTHER_REACH)
    no_call(session, registration, ANOTHER_REACH, at)
    registration.number_confirmed, registration.number_asked_at = vouched, None
    registration.address_unproven = registration.channel is FamilyChannel.EMAIL and not vouched
    if registration.state is RegistrationState.REFUSED:
        _comes_after_all(session, visit, registration)
    session.flush()
    question = f"confirm-number:{registration.id}:{at.isoformat()}"
    if registration.state in COMING:
        begin(session, visit, registration, at, within, question=question)
    elif registration.state is RegistrationState.WAITING:
        reached_elsewhere(session, visit, registration, at)
        _ask_if_unproven(session, visit, registration, at, within, question=question)


def _comes_after_all(session: Session, visit: VisitDay, registration: Registration) -> None:
    """The number was somebody else's, and this is the right one: it has its place, or its turn, again."""
    waits = registration.waiting_since is not None and not has_room(session, visit)
    if not waits:
        refuse_if_full(session, visit)
    registration.state = RegistrationState.WAITING if waits else RegistrationState.REGISTERED
    registration.answered_at = None


def begin(
    session: Session,
    visit: VisitDay,
    registration: Registration,
    at: datetime,
    within: Facilities,
    *,
    question: str,
) -> None:
    """Plan the reminders, and welcome the family or ask whose number it is."""
    write_plan(session, visit, registration, at, papers=registration.first_visit, greet=True)
    if rules.may_be_written_to(registration):
        greet(session, visit, registration, at)
        ask_for_escort(session, registration, at)
    _ask_if_unproven(session, visit, registration, at, within, question=question)


def _ask_if_unproven(
    session: Session,
    visit: VisitDay,
    registration: Registration,
    at: datetime,
    within: Facilities,
    *,
    question: str,
) -> None:
    if not rules.may_be_written_to(registration):
        ask_owner(session, visit, registration, at, within, key=question)


def refuse_if_full(session: Session, visit: VisitDay) -> None:
    if not has_room(session, visit):
        raise Conflict(
            f"This visit day is full: all {visit.capacity} places are taken. Choose another day.",
            "visit-full",
        )


def _add(
    session: Session, visit: VisitDay, family: Family, reached: Reached, at: datetime, within: Facilities
) -> Registration:
    by_mail = family.channel is FamilyChannel.EMAIL
    trusted = family.vouched or is_trusted(session, family.channel, reached.index, at, within)
    made = Registration(
        visit_day_id=visit.id,
        name=family.name,
        name_index=reached.name_index,
        phone=reached.phone,
        email=family.email,
        contact_index=reached.index,
        marks=marks_of(family.name, reached.phone, family.email),
        channel=family.channel,
        language=family.language,
        adults=family.adults,
        child_age_bands=list(family.child_age_bands),
        first_visit=family.first_visit,
        minors_own_phone=family.minors_own_phone,
        number_confirmed=trusted,
        address_unproven=by_mail and bool(family.form),
        from_page=bool(family.form),
        created_at=at,
        **_beside(family),
    )
    private_links.seal(made)
    session.add(made)
    session.flush()
    if family.vouched:
        remember_proven(session, made, at)
    return made
