from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from services.notify.channels.port import ChannelName
from services.notify.messages.tables import Message, MessageState
from services.notify.visits.steps import ASKING, PAPERS
from services.notify.visits.tables import (
    COMING,
    Registration,
    RegistrationState,
    ReminderStep,
    Step,
    StepState,
    VisitDay,
    VisitState,
)
from shared.database.paging import FIRST, Order, Page, Slice, page_of
from shared.errors import NotFound

LATEST_FIRST = Order("visit-days", (col(VisitDay.starts_at), col(VisitDay.id)), descending=True)
IN_TURN = Order(
    "reminders", (col(ReminderStep.due_at), col(ReminderStep.registration_id), col(ReminderStep.id))
)

# What became of a queued step, from the message that was made of it.
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
# Of the message that was made of a step.
KEY = func.concat(
    "visit:", ReminderStep.registration_id, ":", ReminderStep.visit_version, ":", ReminderStep.step
)


def visit_day(session: Session, visit_id: UUID) -> VisitDay:
    """Raises NotFound."""
    found = session.get(VisitDay, visit_id)
    if found is None:
        raise NotFound("There is no visit day with this id.")
    return found


def locked_visit(session: Session, visit_id: UUID) -> VisitDay:
    """The visit day as it is now; whoever else changes it or who comes waits. Raises NotFound."""
    session.flush()
    found = session.exec(
        select(VisitDay)
        .where(VisitDay.id == visit_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("There is no visit day with this id.")
    return found


def lock_visits(session: Session, visit_ids: Collection[UUID]) -> None:
    """As above for several, in one order, so that no two who hold some of them wait for each other."""
    session.flush()
    session.exec(
        select(VisitDay)
        .where(col(VisitDay.id).in_(visit_ids))
        .order_by(col(VisitDay.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def visit_days(session: Session, facility: str | None = None, wanted: Slice = FIRST) -> Page[VisitDay]:
    """The latest first."""
    chosen = select(VisitDay)
    if facility is not None:
        chosen = chosen.where(VisitDay.facility == facility)
    return page_of(session, chosen, LATEST_FIRST, wanted).each(itemgetter(0))


def coming(session: Session, visit_id: UUID) -> Sequence[Registration]:
    """Without names and addresses: one that cannot be read keeps no other from hearing of its visit."""
    return session.exec(
        select(Registration)
        .where(Registration.visit_day_id == visit_id, col(Registration.state).in_(COMING))
        .order_by(col(Registration.created_at))
        .options(defer(Registration.name), defer(Registration.phone), defer(Registration.email))  # type: ignore[arg-type]
        .execution_options(populate_existing=True)
    ).all()


def how_many_come(session: Session, visit_ids: Collection[UUID]) -> dict[UUID, int]:
    rows = session.execute(
        select(Registration.visit_day_id, func.count())
        .where(col(Registration.visit_day_id).in_(visit_ids), col(Registration.state).in_(COMING))
        .group_by(col(Registration.visit_day_id))
    )
    return dict.fromkeys(visit_ids, 0) | {row[0]: row[1] for row in rows}


def family_coming(session: Session, visit_id: UUID, contact_index: bytes) -> Registration | None:
    """The registration with which somebody already has a place."""
    return session.exec(
        select(Registration).where(
            Registration.visit_day_id == visit_id,
            Registration.contact_index == contact_index,
            col(Registration.state).in_(COMING),
        )
    ).one_or_none()


def registration(session: Session, visit_id: UUID, registration_id: UUID) -> Registration:
    """Raises NotFound."""
    found = session.get(Registration, registration_id)
    if found is None or found.visit_day_id != visit_id:
        raise NotFound("There is no registration with this id for this visit day.")
    return found


def with_visit(
    session: Session, registration_ids: Collection[UUID]
) -> dict[UUID, tuple[Registration, VisitDay]]:
    rows = session.exec(
        select(Registration, VisitDay)
        .join(VisitDay, col(VisitDay.id) == col(Registration.visit_day_id))
        .where(col(Registration.id).in_(registration_ids))
    )
    return {one.id: (one, visit) for one, visit in rows}


def of_number(session: Session, contact_index: bytes, at: datetime) -> list[tuple[Registration, VisitDay]]:
    """Everything that a text from this number can be about: visits to come that have not been called off."""
    rows = session.exec(
        select(Registration, VisitDay)
        .join(VisitDay, col(VisitDay.id) == col(Registration.visit_day_id))
        .where(
            Registration.contact_index == contact_index,
            Registration.channel == ChannelName.SMS,
            Registration.state != RegistrationState.REFUSED,
            VisitDay.state == VisitState.OPEN,
            col(VisitDay.starts_at) > at,
        )
        .order_by(col(VisitDay.starts_at))
    )
    return list(rows.all())


def waiting_for_number(
    session: Session, contact_index: bytes, at: datetime
) -> list[tuple[Registration, VisitDay]]:
    """Those of them that come and whose number nobody has confirmed."""
    found = of_number(session, contact_index, at)
    return [(one, visit) for one, visit in found if one.state in COMING and not one.number_confirmed]


def asked_at(session: Session, registration_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When each was last asked whether it comes, for the visit as it is now."""
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
    """A step as others see it. `due_at` in UTC."""

    registration_id: UUID
    step: Step
    due_at: datetime
    channel: ChannelName
    state: StepState
    visit_version: int


def reminders(session: Session, visit_id: UUID, wanted: Slice = FIRST) -> Page[Reminder]:
    """Every step of every version for those who are registered, by the moment at which it is due."""
    chosen = (
        select(ReminderStep, Message.state)
        .join(Registration, col(Registration.id) == col(ReminderStep.registration_id))
        .outerjoin(Message, col(Message.dedupe_key) == KEY)
        .where(Registration.visit_day_id == visit_id)
    )
    return page_of(session, chosen, IN_TURN, wanted).each(lambda row: _reminder(row[0], row[1]))


def _reminder(step: ReminderStep, message: str | None) -> Reminder:
    state = step.state
    if state is StepState.QUEUED and message is not None:
        state = SEEN_AS[MessageState(message)]
    return Reminder(step.registration_id, step.step, step.due_at, step.channel, state, step.visit_version)


def papers_told(session: Session, registration_id: UUID) -> bool:
    """Whether a text that asks for papers went, or may have gone, for any version of the visit."""
    steps = session.exec(
        select(ReminderStep)
        .join(Message, col(Message.dedupe_key) == KEY)
        .where(
            ReminderStep.registration_id == registration_id,
            col(Message.state).in_(MAY_HAVE_GONE),
        )
    )
    return any(PAPERS & {one.step, *one.carries} for one in steps)


def papers_to_tell(session: Session, registration_ids: Collection[UUID]) -> dict[UUID, set[Step]]:
    """For each, the steps that ask for papers too, because it was too late for the one that would have."""
    rows = session.exec(
        select(ReminderStep)
        .join(Registration, col(Registration.id) == col(ReminderStep.registration_id))
        .join(VisitDay, col(VisitDay.id) == col(Registration.visit_day_id))
        .where(
            col(ReminderStep.registration_id).in_(registration_ids),
            ReminderStep.visit_version == VisitDay.version,
        )
    )
    found: dict[UUID, set[Step]] = {}
    for step in rows:
        if PAPERS & set(step.carries):
            found.setdefault(step.registration_id, set()).add(step.step)
    return found
