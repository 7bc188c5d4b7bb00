"""A family registers for a visit day, once; what it says later takes the place of what it said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from services.notify.channels.port import ChannelName
from services.notify.contacts.queries import address_index
from services.notify.messages.commands import void
from services.notify.visits import queries, rules
from services.notify.visits.commands.answering import recorded
from services.notify.visits.commands.calling import no_call
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
from shared.contact.phones import normalise_phone
from shared.contact.problems import PhoneProblem
from shared.errors import Conflict, FieldError, Invalid
from shared.finding import marks_of

NEEDED = {
    FamilyChannel.SMS: "phone",
    FamilyChannel.LANDLINE: "phone",
    FamilyChannel.PHONE: "phone",
    FamilyChannel.EMAIL: "email",
}
ANOTHER_REACH = "reached-elsewhere"
# Whoever says yes in one of these states takes a place by that.
NOT_YET = (RegistrationState.CANCELLED, RegistrationState.WAITING)


@dataclass(frozen=True)
class Family:
    """A family that registers. `vouched`: the desk has spoken to the owner of the number."""

    name: str
    channel: FamilyChannel
    language: str
    phone: str | None = None
    email: str | None = None
    adults: int = 1
    child_age_bands: Sequence[str] = ()
    first_visit: bool = False
    minors_own_phone: bool = False
    vouched: bool = False
    # On a full day it waits for a place.
    waitlist: bool = False


@dataclass(frozen=True)
class Amendment:
    """Changes to a registration. A field that is None stays as it is."""

    state: RegistrationState | None = None
    name: str | None = None
    channel: FamilyChannel | None = None
    language: str | None = None
    phone: str | None = None
    email: str | None = None
    adults: int | None = None
    child_age_bands: Sequence[str] | None = None


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
    visit = queries.visit_day(session, visit_id)
    takes_registrations(visit, at)
    phone, index = _reached_at(family, visit.country)
    waiting = queries.waiting_for_number(session, index, at) if family.vouched else []
    queries.lock_visits(session, {visit.id, *(other.id for _, other in waiting)})
    takes_registrations(visit, at)
    confirm_waiting(session, waiting, at)
    known = queries.family_coming(session, visit.id, index, rules.name_index(family.name))
    if known is not None:
        # Another call may have registered the family while we waited for the lock.
        confirm_waiting(session, [(known, visit)] if family.vouched else [], at)
        _says_anew(session, visit, known, family, phone, index, at, within)
        if known.state is RegistrationState.WAITING and has_room(session, visit, but=known.id):
            take_place(session, visit, known, at)
        _note(session, who, "change", known, at)
        session.commit()
        return known, False
    waits = family.waitlist and not has_room(session, visit)
    if not waits:
        _has_room(session, visit)
    made = _add(session, visit, family, phone, index, at, within)
    question = f"confirm-number:{made.id}"
    if waits:
        wait(session, visit, made, at)
        _ask_if_unproven(session, visit, made, at, within, question=question)
    else:
        _begin(session, visit, made, at, within, question=question)
    say_if_silenced(session, made, at)
    _note(session, who, "add", made, at)
    session.commit()
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
) -> Registration:
    """Change what a family said, as it told a person. Reminders follow it; nobody is thanked. Idempotent.

    Another number or address is unproven: its owner is asked before anything else goes there. Raises as
    `register`, and NotFound for a registration of another visit day.
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
        phone, index = _reached_at(family, visit.country)
        _is_nobody_else(session, visit, registration, rules.name_index(family.name), index)
        _says_anew(session, visit, registration, family, phone, index, at, within)
    if changes.state is not None:
        recorded(session, registration, visit, changes.state, at)
    _note(session, who, "change", registration, at)
    session.commit()
    return registration


def _note(session: Session, who: str, deed: str, registration: Registration, at: datetime) -> None:
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


def _is_nobody_else(
    session: Session, visit: VisitDay, registration: Registration, name_index: bytes, index: bytes
) -> None:
    other = queries.family_coming(session, visit.id, index, name_index)
    if other is not None and other.id != registration.id:
        raise Conflict(
            "A family of this name is registered with this number or address already.", "registered-already"
        )


def _says_anew(
    session: Session,
    visit: VisitDay,
    registration: Registration,
    family: Family,
    phone: str | None,
    index: bytes,
    at: datetime,
    within: Facilities,
) -> None:
    """Store what the family says now; where it is reached in another way, begin again there."""
    before = (registration.channel, bytes(registration.contact_index))
    plan_before = (registration.first_visit, registration.minors_own_phone)
    _store(registration, family, phone, index)
    if before != (registration.channel, index):
        _reached_anew(session, visit, registration, at, within, vouched=family.vouched)
    elif registration.state in COMING and plan_before != (
        registration.first_visit,
        registration.minors_own_phone,
    ):
        greet = not rules.may_be_written_to(registration)
        write_plan(session, visit, registration, at, papers=registration.first_visit, greet=greet)


def _store(registration: Registration, family: Family, phone: str | None, index: bytes) -> None:
    registration.name, registration.name_index = family.name, rules.name_index(family.name)
    registration.channel, registration.contact_index = family.channel, index
    registration.phone, registration.email = phone, family.email
    registration.marks = marks_of(family.name, phone, family.email)
    registration.language, registration.adults = family.language, family.adults
    registration.child_age_bands = list(family.child_age_bands)
    registration.first_visit = family.first_visit
    registration.minors_own_phone = family.minors_own_phone


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
        _begin(session, visit, registration, at, within, question=question)
    elif registration.state is RegistrationState.WAITING:
        reached_elsewhere(session, visit, registration, at)
        _ask_if_unproven(session, visit, registration, at, within, question=question)


def _comes_after_all(session: Session, visit: VisitDay, registration: Registration) -> None:
    """The number was somebody else's, and this is the right one: it has its place, or its turn, again."""
    waits = registration.waiting_since is not None and not has_room(session, visit)
    if not waits:
        _has_room(session, visit)
    registration.state = RegistrationState.WAITING if waits else RegistrationState.REGISTERED
    registration.answered_at = None


def _begin(
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


def _has_room(session: Session, visit: VisitDay) -> None:
    if not has_room(session, visit):
        raise Conflict(
            f"This visit day is full: all {visit.capacity} places are taken. Choose another day.",
            "visit-full",
        )


def _reached_at(family: Family, country: str) -> tuple[str | None, bytes]:
    """Return the number in its normal form, and the fingerprint of the family's number or address.

    Raises Invalid with every error at once.
    """
    phone, errors = _phone(family, country)
    if family.channel is FamilyChannel.EMAIL and not family.email:
        errors.append(_wrong("email", "missing"))
    if family.adults + len(family.child_age_bands) == 0:
        errors.append(_wrong("adults", "nobody-comes"))
    if errors:
        raise Invalid(errors)
    if family.channel is FamilyChannel.EMAIL:
        return phone, address_index(ChannelName.EMAIL, family.email or "")
    return phone, address_index(ChannelName.SMS, phone or "")


def _phone(family: Family, country: str) -> tuple[str | None, list[FieldError]]:
    if not family.phone:
        return None, [_wrong("phone", "missing")] if NEEDED.get(family.channel) == "phone" else []
    by_text = family.channel is FamilyChannel.SMS
    try:
        return normalise_phone(family.phone, country, mobile_needed=by_text), []
    except PhoneProblem as problem:
        return None, [_wrong("phone", problem.code)]


def _wrong(name: str, code: str) -> FieldError:
    return FieldError(f"/{name}", name, code)


def _add(
    session: Session,
    visit: VisitDay,
    family: Family,
    phone: str | None,
    index: bytes,
    at: datetime,
    within: Facilities,
) -> Registration:
    made = Registration(
        visit_day_id=visit.id,
        name=family.name,
        name_index=rules.name_index(family.name),
        phone=phone,
        email=family.email,
        contact_index=index,
        marks=marks_of(family.name, phone, family.email),
        channel=family.channel,
        language=family.language,
        adults=family.adults,
        child_age_bands=list(family.child_age_bands),
        first_visit=family.first_visit,
        minors_own_phone=family.minors_own_phone,
        number_confirmed=family.vouched or is_trusted(session, family.channel, index, at, within),
        created_at=at,
    )
    session.add(made)
    session.flush()
    if family.vouched:
        remember_proven(session, made, at)
    return made
