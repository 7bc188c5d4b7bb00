"""Writing down what a family will hear, and taking it back. The caller commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import Session, col

from services.notify.messages.commands import Wanted, void, want
from services.notify.messages.purposes import FOR_WHO_COMES, ROWS, About
from services.notify.messages.tables import Purpose
from services.notify.visits import rules
from services.notify.visits.steps import PURPOSES
from services.notify.visits.tables import Registration, ReminderStep, Step, StepState, VisitDay
from shared.desk.items import open_item, resolve_all

NUMBER_KIND = "number-not-confirmed"
NO_ANSWER = "no-answer"


def write_plan(
    session: Session, visit: VisitDay, registration: Registration, at: datetime, *, papers: bool, greet: bool
) -> None:
    """The steps of this version of the visit; those of the same version that have not gone make way.

    Where none is left that would miss the answer of the number's owner, a person calls.
    """
    _forget_plan(session, visit, registration)
    minor = registration.minors_own_phone
    steps = rules.plan(visit.starts_at, visit.zone, at, papers=papers, minor=minor, greet=greet)
    if not rules.may_be_written_to(registration) and not rules.reminds(steps):
        call_owner(session, registration, reason=NO_ANSWER, at=at)
    for one in steps:
        session.add(
            ReminderStep(
                registration_id=registration.id,
                visit_version=visit.version,
                step=one.step,
                due_at=one.due_at,
                channel=registration.channel,
                state=one.state,
                carries=[str(step) for step in one.carries],
            )
        )
    session.flush()


def _forget_plan(session: Session, visit: VisitDay, registration: Registration) -> None:
    session.execute(
        delete(ReminderStep).where(
            col(ReminderStep.registration_id) == registration.id,
            col(ReminderStep.visit_version) == visit.version,
            col(ReminderStep.state).in_([StepState.PLANNED, StepState.SKIPPED]),
        )
    )


def void_plan(session: Session, registration: Registration, reason: str) -> None:
    """Nothing that was planned for this visit so far goes out any more."""
    session.execute(
        update(ReminderStep)
        .where(
            col(ReminderStep.registration_id) == registration.id,
            col(ReminderStep.state) == StepState.PLANNED,
        )
        .values(state=StepState.VOID, reason=reason, leased_until=None)
    )
    void(session, registration.id, reason=reason, purposes=FOR_WHO_COMES)


def revive_plan(session: Session, visit: VisitDay, registration: Registration, at: datetime) -> None:
    """Somebody who had said no comes after all: what is still ahead is planned again."""
    session.execute(
        update(ReminderStep)
        .where(
            col(ReminderStep.registration_id) == registration.id,
            col(ReminderStep.visit_version) == visit.version,
            col(ReminderStep.state) == StepState.VOID,
            col(ReminderStep.due_at) > at,
        )
        .values(state=StepState.PLANNED, reason=None)
    )


def want_step(
    session: Session, visit: VisitDay, registration: Registration, step: ReminderStep, at: datetime
) -> None:
    """The text of a step, once for each version of the visit."""
    step.state, step.queued_at, step.leased_until = StepState.QUEUED, at, None
    want_text(
        session,
        visit,
        registration,
        PURPOSES[step.step],
        step_key(registration, step),
        at,
        windowed=step.step is not Step.REGISTRATION,
        not_after=rules.not_after(step.step, visit.starts_at, visit.zone),
    )


def step_key(registration: Registration, step: ReminderStep) -> str:
    return f"visit:{registration.id}:{step.visit_version}:{step.step}"


def want_text(
    session: Session,
    visit: VisitDay,
    registration: Registration,
    purpose: Purpose,
    dedupe_key: str,
    at: datetime,
    *,
    windowed: bool,
    not_after: datetime | None = None,
    due_at: datetime | None = None,
) -> None:
    """Due now, and until the beginning of the visit, where nothing else is said."""
    wanted = Wanted(
        purpose=purpose,
        cause_id=registration.id,
        recipient_id=registration.id,
        channel=registration.channel,
        language=registration.language,
        due_at=due_at or at,
        not_after=not_after or visit.starts_at,
        windowed=windowed,
        visit_version=visit.version if ROWS[purpose].about is About.VISIT else None,
        dedupe_key=dedupe_key,
    )
    want(session, wanted, at=at)


def call_owner(session: Session, registration: Registration, *, reason: str, at: datetime) -> None:
    """A family that the machine cannot reach is for a person. Once, however many steps find it so.

    What is known firmly takes the place of a question that nobody answered.
    """
    if reason != NO_ANSWER:
        resolve_all(session, registration.id, reason, at=at, kinds=[NUMBER_KIND])
    open_item(
        session,
        kind=NUMBER_KIND,
        reason=reason,
        subject_id=registration.id,
        dedupe_key=f"{NUMBER_KIND}:{registration.id}",
        details={"registrationId": str(registration.id), "visitDayId": str(registration.visit_day_id)},
        at=at,
    )
