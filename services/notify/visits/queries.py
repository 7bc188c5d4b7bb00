from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from services.notify.messages.rules import as_others_see_it
from services.notify.messages.tables import Message, MessageState
from services.notify.visits import rules
from services.notify.visits.steps import ASKING, PAPERS
from services.notify.visits.tables import (
    COMING,
    STANDING,
    FamilyChannel,
    Registration,
    RegistrationState,
    ReminderStep,
    Step,
    StepState,
    VisitDay,
    VisitState,
)
from services.notify.visits.unread import UNREAD
from shared.crypto import Unreadable
from shared.database.paging import FIRST, Order, Page, Slice, page_of
from shared.errors import NotFound

LATEST_FIRST = Order("visit-days", (col(VisitDay.starts_at), col(VisitDay.id)), descending=True)
FIRST_COME = Order("registrations", (col(Registration.created_at), col(Registration.id)))
IN_TURN = Order(
    "reminders", (col(ReminderStep.due_at), col(ReminderStep.registration_id), col(ReminderStep.id))
)

# The state that others see of a queued step, by the state of its message.
SEEN_AS = {
    MessageState.PLANNED: StepState.QUEUED,
    MessageState.IN_FLIGHT: StepState.QUEUED,
    MessageState.PERSON: StepState.QUEUED,
    MessageState.ACCEPTED: StepState.SENT,
    MessageState.DELIVERED: StepState.SENT,
    MessageState.UNDELIVERED: StepState.SENT,
    MessageState.UNKNOWN: StepState.SENT,
    MessageState.REJECTED: StepState.SKIPPED,
    MessageState.EXPIRED: StepState.SKIPPED,
    MessageState.VOID: StepState.VOID,
}
MAY_HAVE_GONE = (
    MessageState.IN_FLIGHT,
    MessageState.ACCEPTED,
    MessageState.DELIVERED,
    MessageState.UNKNOWN,
)
NO_SUCH_DAY = "There is no visit day with this id."
# The `dedupe_key` of the message that a step becomes.
KEY = func.concat(
    "visit:", ReminderStep.registration_id, ":", ReminderStep.visit_version, ":", ReminderStep.step
)


def visit_day(session: Session, visit_id: UUID) -> VisitDay:
    """Raises NotFound."""
    visit = session.get(VisitDay, visit_id)
    if visit is None:
        raise NotFound(NO_SUCH_DAY)
    return visit


def facility_of_day(session: Session, visit_id: UUID) -> str | None:
    return session.exec(select(VisitDay.facility).where(VisitDay.id == visit_id)).one_or_none()


def day_with_key(session: Session, client: str, idempotency_index: bytes) -> VisitDay | None:
    return session.exec(
        select(VisitDay).where(VisitDay.client == client, VisitDay.idempotency_index == idempotency_index)
    ).one_or_none()


def same_day(session: Session, visit: VisitDay) -> VisitDay | None:
    """Return another open visit day of this facility with the same date, start and kind, or None."""
    return session.exec(
        select(VisitDay)
        .where(
            VisitDay.facility == visit.facility,
            VisitDay.starts_at == visit.starts_at,
            VisitDay.kind == visit.kind,
            VisitDay.state == VisitState.OPEN,
            VisitDay.id != visit.id,
        )
        .order_by(col(VisitDay.created_at))
        .limit(1)
    ).one_or_none()


def one_at_a_time(session: Session, what: str) -> None:
    """Wait for other transactions that do this, until they end."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": what})


def facility_of(session: Session, registration_id: UUID) -> str | None:
    """Return the facility that a registration is for a visit to, or None if there is no such registration."""
    return session.exec(
        select(VisitDay.facility)
        .join(Registration, col(Registration.visit_day_id) == col(VisitDay.id))
        .where(Registration.id == registration_id)
    ).one_or_none()


def locked_visit(session: Session, visit_id: UUID) -> VisitDay:
    """Lock the visit day and return it as it is now: other changes to it or its registrations wait.

    Raises NotFound.
    """
    session.flush()
    visit = session.exec(
        select(VisitDay)
        .where(VisitDay.id == visit_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if visit is None:
        raise NotFound(NO_SUCH_DAY)
    return visit


def lock_visits(session: Session, visit_ids: Collection[UUID]) -> None:
    """Lock several visit days, ordered by id so that two transactions never deadlock."""
    session.flush()
    session.exec(
        select(VisitDay)
        .where(col(VisitDay.id).in_(visit_ids))
        .order_by(col(VisitDay.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def visit_days(
    session: Session,
    facility: str | None = None,
    wanted: Slice = FIRST,
    *,
    among: Collection[str] | None = None,
) -> Page[VisitDay]:
    """Return visit days, the latest first. `among`: only those of these facilities."""
    chosen = select(VisitDay)
    if facility is not None:
        chosen = chosen.where(VisitDay.facility == facility)
    if among is not None:
        chosen = chosen.where(col(VisitDay.facility).in_(among))
    return page_of(session, chosen, LATEST_FIRST, wanted).each(itemgetter(0))


def coming(session: Session, visit_id: UUID) -> Sequence[Registration]:
    """Return the families that come, the earliest registration first.

    Names and addresses are not read, so that one family that cannot be decrypted does not keep the others
    from hearing about their visit.
    """
    return session.exec(
        select(Registration)
        .where(Registration.visit_day_id == visit_id, col(Registration.state).in_(COMING))
        .order_by(col(Registration.created_at))
        .options(*UNREAD)
        .execution_options(populate_existing=True)
    ).all()


def how_many_come(session: Session, visit_ids: Collection[UUID]) -> dict[UUID, int]:
    rows = session.execute(
        select(Registration.visit_day_id, func.count())
        .where(col(Registration.visit_day_id).in_(visit_ids), col(Registration.state).in_(COMING))
        .group_by(col(Registration.visit_day_id))
    )
    return dict.fromkeys(visit_ids, 0) | {row[0]: row[1] for row in rows}


def family_coming(
    session: Session, visit_id: UUID, contact_index: bytes, name_index: bytes
) -> Registration | None:
    """Return the registration with this number or address and name that has a place or waits, or None."""
    found = session.exec(
        select(Registration).where(
            Registration.visit_day_id == visit_id,
            Registration.contact_index == contact_index,
            col(Registration.state).in_(STANDING),
        )
    )
    return next((one for one in found if rules.name_of(one) == name_index), None)


def who_comes(session: Session, visit_id: UUID, wanted: Slice = FIRST) -> Page[Registration]:
    """Return the families that come, the earliest registration first, without number and address.

    Where the name of one cannot be decrypted, names are left to be read one at a time.
    """
    chosen = (
        select(Registration)
        .where(Registration.visit_day_id == visit_id, col(Registration.state).in_(COMING))
        .options(*UNREAD[1:])
    )
    try:
        found = page_of(session, chosen, FIRST_COME, wanted)
    except Unreadable:
        nameless = chosen.options(*UNREAD)
        found = page_of(session, nameless, FIRST_COME, wanted)
    return found.each(itemgetter(0))


def refused_at(session: Session, contact_index: bytes, since: datetime) -> set[str]:
    """Return the facilities of the registrations that the owner of a number has refused since then."""
    return set(
        session.exec(
            select(VisitDay.facility)
            .join(Registration, col(Registration.visit_day_id) == col(VisitDay.id))
            .where(
                Registration.contact_index == contact_index,
                Registration.state == RegistrationState.REFUSED,
                col(Registration.answered_at) > since,
            )
        )
    )


def proven_at(session: Session, contact_index: bytes, since: datetime) -> set[str]:
    """Return the facilities for which a number has been confirmed, in registrations since then."""
    return set(
        session.exec(
            select(VisitDay.facility)
            .join(Registration, col(Registration.visit_day_id) == col(VisitDay.id))
            .where(
                Registration.contact_index == contact_index,
                Registration.channel == FamilyChannel.SMS,
                col(Registration.number_confirmed),
                col(Registration.created_at) > since,
            )
        )
    )


def registration(session: Session, visit_id: UUID, registration_id: UUID) -> Registration:
    """Raises NotFound."""
    row = session.get(Registration, registration_id)
    if row is None or row.visit_day_id != visit_id:
        raise NotFound("There is no registration with this id for this visit day.")
    return row


def with_visit(
    session: Session, registration_ids: Collection[UUID]
) -> dict[UUID, tuple[Registration, VisitDay]]:
    rows = session.exec(
        select(Registration, VisitDay)
        .join(VisitDay, col(VisitDay.id) == col(Registration.visit_day_id))
        .where(col(Registration.id).in_(registration_ids))
    )
    return {registration.id: (registration, visit) for registration, visit in rows}


def of_number(session: Session, contact_index: bytes, at: datetime) -> list[tuple[Registration, VisitDay]]:
    """Return every registration that a text from this number can be about, the earliest visit first.

    Those are registrations by SMS that were not refused, for visits to come that are not cancelled. With the
    fingerprint of an address: the same for registrations by mail.
    """
    rows = session.exec(
        select(Registration, VisitDay)
        .join(VisitDay, col(VisitDay.id) == col(Registration.visit_day_id))
        .where(
            Registration.contact_index == contact_index,
            col(Registration.channel).in_((FamilyChannel.SMS, FamilyChannel.EMAIL)),
            Registration.state != RegistrationState.REFUSED,
            VisitDay.state == VisitState.OPEN,
            col(VisitDay.starts_at) > at,
        )
        .order_by(col(VisitDay.starts_at))
    )
    return list(rows.all())


def families_of_number(session: Session, contact_index: bytes, at: datetime) -> list[Registration]:
    """Return the registrations that come, or wait, and that a text from this number can be about."""
    pairs = of_number(session, contact_index, at)
    return [registration for registration, _ in pairs if registration.state in STANDING]


def waiting_for_number(
    session: Session, contact_index: bytes, at: datetime
) -> list[tuple[Registration, VisitDay]]:
    """Return those of `of_number` that stand, and that may be told nothing before its owner says yes."""
    pairs = of_number(session, contact_index, at)
    return [
        (registration, visit)
        for registration, visit in pairs
        if registration.state in STANDING and not rules.may_be_written_to(registration)
    ]


def asked_at(session: Session, registration_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when each was last asked whether it comes, for the current version of its visit."""
    rows = session.exec(
        select(ReminderStep.registration_id, ReminderStep.queued_at)
        .join(Registration, col(Registration.id) == col(ReminderStep.registration_id))
        .join(VisitDay, col(VisitDay.id) == col(Registration.visit_day_id))
        .where(
            col(ReminderStep.registration_id).in_(registration_ids),
            col(ReminderStep.step).in_(ASKING),
            ReminderStep.state == StepState.QUEUED,
            ReminderStep.visit_version == VisitDay.version,
        )
        .order_by(col(ReminderStep.queued_at))
    )
    return {row[0]: row[1] for row in rows if row[1] is not None}


def steps_of(session: Session, registration_id: UUID, version: int) -> dict[Step, ReminderStep]:
    rows = session.exec(
        select(ReminderStep).where(
            ReminderStep.registration_id == registration_id, ReminderStep.visit_version == version
        )
    )
    return {row.step: row for row in rows}


@dataclass(frozen=True)
class Reminder:
    """A step as other services see it. `due_at` in UTC."""

    registration_id: UUID
    step: Step
    due_at: datetime
    channel: FamilyChannel
    state: StepState
    visit_version: int


def reminders(
    session: Session, visit_id: UUID, wanted: Slice = FIRST, *, for_others: bool = False
) -> Page[Reminder]:
    """Return the steps of all registrations, for every version of the visit, in the order they are due.

    `for_others`: without what became of a text with its number.
    """
    chosen = (
        select(ReminderStep, Message.state, Message.reason)
        .join(Registration, col(Registration.id) == col(ReminderStep.registration_id))
        .outerjoin(Message, col(Message.dedupe_key) == KEY)
        .where(Registration.visit_day_id == visit_id)
    )
    return page_of(session, chosen, IN_TURN, wanted).each(
        lambda row: _reminder(*row[:3], for_others=for_others)
    )


def _reminder(step: ReminderStep, message: str | None, reason: str | None, *, for_others: bool) -> Reminder:
    state = step.state
    if state is StepState.QUEUED and message is not None:
        known = MessageState(message)
        state = SEEN_AS[as_others_see_it(known, reason) if for_others else known]
    return Reminder(step.registration_id, step.step, step.due_at, step.channel, state, step.visit_version)


def papers_told(session: Session, registration_id: UUID) -> bool:
    """Whether a text that asks for papers was sent, or may have been, for any version of the visit."""
    steps = session.exec(
        select(ReminderStep)
        .join(Message, col(Message.dedupe_key) == KEY)
        .where(
            ReminderStep.registration_id == registration_id,
            col(Message.state).in_(MAY_HAVE_GONE),
        )
    )
    return any(PAPERS & {step.step, *step.carries} for step in steps)


def papers_to_tell(session: Session, registration_ids: Collection[UUID]) -> dict[UUID, set[Step]]:
    """Return, by registration, the steps that also ask for papers because the step that should was late."""
    rows = session.exec(
        select(ReminderStep)
        .join(Registration, col(Registration.id) == col(ReminderStep.registration_id))
        .join(VisitDay, col(VisitDay.id) == col(Registration.visit_day_id))
        .where(
            col(ReminderStep.registration_id).in_(registration_ids),
            ReminderStep.visit_version == VisitDay.version,
        )
    )
    carried: dict[UUID, set[Step]] = {}
    for step in rows:
        if PAPERS & set(step.carries):
            carried.setdefault(step.registration_id, set()).add(step.step)
    return carried
