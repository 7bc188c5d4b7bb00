"""A family registers for a visit day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from services.notify.channels.port import ChannelName
from services.notify.contacts.queries import address_index
from services.notify.messages.tables import Purpose
from services.notify.visits import queries, rules
from services.notify.visits.commands.planning import (
    NUMBER_KIND,
    want_step,
    want_text,
    write_plan,
)
from services.notify.visits.commands.silenced import say_if_silenced
from services.notify.visits.tables import COMING, Registration, RegistrationState, Step, VisitDay, VisitState
from shared.ceilings import count
from shared.contact.phones import normalise_phone
from shared.contact.problems import PhoneProblem
from shared.desk.items import resolve_all
from shared.errors import Conflict, FieldError, Invalid

DAY_SECONDS = 24 * 60 * 60
QUESTIONS_PER_DAY = 2
# A number is not asked again while its owner may still answer.
ASKED_LATELY = timedelta(days=3)
# How long a confirmed number stays trusted, and how long a refused one is left alone.
TRUSTED, LEFT_ALONE = timedelta(days=400), timedelta(days=30)
CHOOSE_ANOTHER = {
    rules.VISIT_CANCELLED: "This visit day was cancelled; choose another one.",
    rules.VISIT_PAST: "This visit day has begun or is over; choose another one.",
}
Waiting = Sequence[tuple[Registration, VisitDay]]


@dataclass(frozen=True)
class Family:
    """A family that registers. `vouched`: the desk has spoken to the owner of the number."""

    name: str
    channel: ChannelName
    language: str
    phone: str | None = None
    email: str | None = None
    adults: int = 1
    child_age_bands: Sequence[str] = ()
    first_visit: bool = False
    minors_own_phone: bool = False
    vouched: bool = False


def register(session: Session, visit_id: UUID, family: Family, *, at: datetime) -> tuple[Registration, bool]:
    """Register a family; return the registration and whether it is new. Idempotent.

    A number that is neither vouched for nor trusted gets one text that asks its owner, and no other before
    the owner says yes. Raises NotFound, Invalid, TooMany, and Conflict for a visit that is full, cancelled or
    over and for a number whose owner refused a registration lately.
    """
    visit = queries.visit_day(session, visit_id)
    _takes_registrations(visit, at)
    phone, index = _reached_at(family, visit.country)
    waiting = queries.waiting_for_number(session, index, at) if family.vouched else []
    queries.lock_visits(session, {visit.id, *(other.id for _, other in waiting)})
    _takes_registrations(visit, at)
    confirm_waiting(session, waiting, at)
    known = queries.family_coming(session, visit.id, index)
    if known is not None:
        # Another call may have registered the family while we waited for the lock.
        confirm_waiting(session, [(known, visit)] if family.vouched else [], at)
        session.commit()
        return known, False
    _has_room(session, visit)
    made = _add(session, visit, family, phone, index, at)
    write_plan(session, visit, made, at, papers=made.first_visit, greet=True)
    if rules.may_be_written_to(made):
        greet(session, visit, made, at)
    else:
        _ask_owner(session, visit, made, at)
    say_if_silenced(session, made, at)
    session.commit()
    return made, True


def _takes_registrations(visit: VisitDay, at: datetime) -> None:
    over = rules.why_over(visit, at)
    if over is not None:
        raise Conflict(CHOOSE_ANOTHER[over], over)


def _has_room(session: Session, visit: VisitDay) -> None:
    if not rules.has_room(visit.capacity, queries.how_many_come(session, [visit.id])[visit.id]):
        raise Conflict(
            f"This visit day is full: all {visit.capacity} places are taken. Choose another day.",
            "visit-full",
        )


def _reached_at(family: Family, country: str) -> tuple[str | None, bytes]:
    """Return the number in its normal form, and the fingerprint of the family's number or address.

    Raises Invalid with every error at once.
    """
    phone, errors = _phone(family, country)
    if family.channel is ChannelName.EMAIL and not family.email:
        errors.append(_wrong("email", "missing"))
    if family.adults + len(family.child_age_bands) == 0:
        errors.append(_wrong("adults", "nobody-comes"))
    if errors:
        raise Invalid(errors)
    address = phone if family.channel is ChannelName.SMS else family.email
    return phone, address_index(family.channel, address or "")


def _phone(family: Family, country: str) -> tuple[str | None, list[FieldError]]:
    by_text = family.channel is ChannelName.SMS
    if not family.phone:
        needed = _wrong("phone", "missing")
        return None, [needed] if by_text else []
    try:
        return normalise_phone(family.phone, country, mobile_needed=by_text), []
    except PhoneProblem as problem:
        return None, [_wrong("phone", problem.code)]


def _wrong(name: str, code: str) -> FieldError:
    return FieldError(f"/{name}", name, code)


def _add(
    session: Session, visit: VisitDay, family: Family, phone: str | None, index: bytes, at: datetime
) -> Registration:
    made = Registration(
        visit_day_id=visit.id,
        name=family.name,
        phone=phone,
        email=family.email,
        contact_index=index,
        channel=family.channel,
        language=family.language,
        adults=family.adults,
        child_age_bands=list(family.child_age_bands),
        first_visit=family.first_visit,
        minors_own_phone=family.minors_own_phone,
        number_confirmed=family.vouched or _is_trusted(session, family.channel, index, at),
        created_at=at,
    )
    session.add(made)
    session.flush()
    return made


def _is_trusted(session: Session, channel: ChannelName, index: bytes, at: datetime) -> bool:
    trusted = select(Registration.id).where(
        Registration.contact_index == index,
        Registration.channel == ChannelName.SMS,
        col(Registration.number_confirmed),
        col(Registration.created_at) > at - TRUSTED,
    )
    return channel is ChannelName.SMS and session.exec(trusted.limit(1)).first() is not None


def _ask_owner(session: Session, visit: VisitDay, made: Registration, at: datetime) -> None:
    """Ask the owner of the number, once for all registrations that wait. Raises Conflict and TooMany."""
    if _was_refused(session, made.contact_index, at):
        raise Conflict(
            "The owner of this number has said that a registration was not theirs. Use another "
            "number, or let the desk confirm this one.",
            "number-refused",
        )
    asked_at = _asked_lately(session, made.contact_index, at)
    made.number_asked_at = asked_at or at
    if asked_at is None:
        _count_question(session, made, at)
        key = f"confirm-number:{made.id}"
        want_text(session, visit, made, Purpose.CONFIRM_NUMBER, key, at, windowed=False)


def _was_refused(session: Session, index: bytes, at: datetime) -> bool:
    refused = select(Registration.id).where(
        Registration.contact_index == index,
        Registration.state == RegistrationState.REFUSED,
        col(Registration.answered_at) > at - LEFT_ALONE,
    )
    return session.exec(refused.limit(1)).first() is not None


def _asked_lately(session: Session, index: bytes, at: datetime) -> datetime | None:
    """Return when the owner was last asked, if a yes would still count as the answer; else None."""
    asked = [
        registration.number_asked_at for registration, _ in queries.waiting_for_number(session, index, at)
    ]
    return max((moment for moment in asked if moment and moment > at - ASKED_LATELY), default=None)


def _count_question(session: Session, made: Registration, at: datetime) -> None:
    bucket = f"confirm-number:{made.contact_index.hex()}"
    detail = "The owner of this number was asked to confirm a registration today. Let them answer first."
    count(session, bucket, DAY_SECONDS, QUESTIONS_PER_DAY, at, detail=detail)


def confirm_waiting(session: Session, waiting: Waiting, at: datetime) -> bool:
    """Confirm the number for each of these that still waits, and welcome the family.

    The caller has locked their visits. Returns False if none still waited.
    """
    still = [
        (registration, visit)
        for registration, visit in waiting
        if waits_for_owner(session, registration, visit)
    ]
    for registration, visit in still:
        confirm_number(session, visit, registration, at)
    return bool(still)


def waits_for_owner(session: Session, registration: Registration, visit: VisitDay) -> bool:
    """Reload a registration under the lock and say whether it still waits.

    That the visit moved meanwhile does not matter: the number still has the same owner.
    """
    session.refresh(registration)
    return (
        visit.state is VisitState.OPEN
        and registration.state in COMING
        and not rules.may_be_written_to(registration)
    )


def confirm_number(session: Session, visit: VisitDay, registration: Registration, at: datetime) -> None:
    """Mark the number as confirmed, welcome the family now, and plan the reminders that are still ahead."""
    registration.number_confirmed = True
    write_plan(session, visit, registration, at, papers=registration.first_visit, greet=True)
    # After the plan: by then a worker that was giving up on this number has opened its work item.
    resolve_all(session, registration.id, "number-confirmed", at=at, kinds=[NUMBER_KIND])
    greet(session, visit, registration, at)


def greet(session: Session, visit: VisitDay, registration: Registration, at: datetime) -> None:
    step = queries.steps_of(session, registration.id, visit.version)[Step.REGISTRATION]
    want_step(session, visit, registration, step, at)


def vouch(session: Session, registration_id: UUID, *, at: datetime) -> None:
    """Confirm a number for the desk, which has spoken to its owner. Does not commit.

    Raises Conflict for a visit that is cancelled or over, and a registration that was cancelled or refused.
    """
    registration, visit = queries.with_visit(session, [registration_id])[registration_id]
    waiting = queries.waiting_for_number(session, registration.contact_index, at)
    queries.lock_visits(session, {visit.id, *(other.id for _, other in waiting)})
    session.refresh(registration)
    _takes_registrations(visit, at)
    if registration.state not in COMING:
        raise Conflict(
            "This registration was cancelled or refused. Please register the family anew.", "not-coming"
        )
    confirm_waiting(session, waiting, at)
