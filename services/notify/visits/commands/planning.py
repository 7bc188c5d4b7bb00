"""Planning what a family will hear, and voiding it. The caller commits."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import Session, col

from services.notify.messages.commands import Wanted, void, want
from services.notify.messages.purposes import FOR_WHO_COMES, ROWS, About
from services.notify.messages.tables import Purpose
from services.notify.visits import queries, rules
from services.notify.visits.commands.calling import ask_to_call, no_call
from services.notify.visits.steps import PAPERS, PURPOSES
from services.notify.visits.tables import Registration, ReminderStep, Step, StepState, VisitDay
from shared.desk.items import open_item, resolve_all, whose

NUMBER_KIND = "number-not-confirmed"
NO_ANSWER = "no-answer"


def write_plan(
    session: Session,
    visit: VisitDay,
    registration: Registration,
    at: datetime,
    *,
    papers: bool,
    greet: bool,
    said_yes: bool = False,
) -> None:
    """Write the steps for this version of the visit, in place of any of them that have not been queued.

    Those that were queued are not planned again: the family has been told.

    A number that is not confirmed and has no reminder ahead gets a work item: no later step would notice that
    its owner did not answer.
    """
    _forget_plan(session, visit, registration)
    minor = registration.minors_own_phone
    steps = rules.plan(
        visit.starts_at, visit.zone, at, papers=papers, minor=minor, greet=greet, said_yes=said_yes
    )
    if not rules.may_be_written_to(registration) and not rules.reminds(steps):
        call_owner(session, registration, reason=NO_ANSWER, at=at)
    told = queries.steps_of(session, registration.id, visit.version)
    for planned in steps:
        if planned.step in told:
            continue
        session.add(
            ReminderStep(
                registration_id=registration.id,
                visit_version=visit.version,
                step=planned.step,
                due_at=planned.due_at,
                channel=registration.channel,
                state=planned.state,
                carries=[str(step) for step in planned.carries],
            )
        )
    session.flush()


def _forget_plan(session: Session, visit: VisitDay, registration: Registration) -> None:
    session.execute(
        delete(ReminderStep).where(
            col(ReminderStep.registration_id) == registration.id,
            col(ReminderStep.visit_version) == visit.version,
            col(ReminderStep.state).in_([StepState.PLANNED, StepState.SKIPPED, StepState.VOID]),
        )
    )


def void_plan(session: Session, registration: Registration, reason: str, at: datetime) -> None:
    """Void everything planned for this registration that has not gone out, calls included."""
    no_call(session, registration, reason, at)
    session.execute(
        update(ReminderStep)
        .where(
            col(ReminderStep.registration_id) == registration.id,
            col(ReminderStep.state) == StepState.PLANNED,
        )
        .values(state=StepState.VOID, reason=reason, leased_until=None)
    )
    void(session, registration.id, reason=reason, purposes=FOR_WHO_COMES)


def plan_again(session: Session, visit: VisitDay, registration: Registration, at: datetime) -> None:
    """Plan again the steps that are still ahead, for a family that said no and comes after all.

    One that only ever waited has no plan yet.
    """
    if not queries.steps_of(session, registration.id, visit.version):
        papers = registration.first_visit
        write_plan(session, visit, registration, at, papers=papers, greet=False, said_yes=True)
        return
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
    """Queue the text of a step, once for each version of the visit."""
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
        papers=bool(PAPERS & {step.step, *step.carries}),
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
    papers: bool = False,
    cause_id: UUID | None = None,
) -> None:
    """Plan a text to the family. By default it is due at `at` and useless once the visit begins.

    `cause_id`: what it is about, where that is not the registration. A family that is not written to is put
    on the call list instead.
    """
    channel = registration.channel.written
    if channel is None:
        ask_to_call(session, registration, purpose, at, papers=papers)
        return
    wanted = Wanted(
        purpose=purpose,
        cause_id=cause_id or registration.id,
        recipient_id=registration.id,
        channel=channel,
        language=registration.language,
        due_at=due_at or at,
        not_after=not_after or visit.starts_at,
        windowed=windowed,
        visit_version=visit.version if ROWS[purpose].about is About.VISIT else None,
        dedupe_key=dedupe_key,
    )
    want(session, wanted, at=at)


def greet(session: Session, visit: VisitDay, registration: Registration, at: datetime) -> None:
    """Welcome the family; anew at another number or address than the one that was welcomed before."""
    step = queries.steps_of(session, registration.id, visit.version)[Step.REGISTRATION]
    if step.state in (StepState.PLANNED, StepState.SKIPPED):
        want_step(session, visit, registration, step, at)
        return
    key = f"visit:{registration.id}:{visit.version}:anew:{at.isoformat()}"
    papers = registration.first_visit
    if papers:
        step.carries = sorted({*step.carries, str(Step.D28)})
    want_text(session, visit, registration, Purpose.VISIT_REGISTERED, key, at, windowed=False, papers=papers)


def call_owner(session: Session, registration: Registration, *, reason: str, at: datetime) -> None:
    """Open a work item for a family that no text may reach: one, however many steps find it so.

    A firm reason replaces an earlier item that says only that the owner did not answer.
    """
    if reason != NO_ANSWER:
        resolve_all(session, registration.id, reason, at=at, kinds=[NUMBER_KIND])
    open_item(
        session,
        kind=NUMBER_KIND,
        reason=reason,
        subject_id=registration.id,
        dedupe_key=f"{NUMBER_KIND}:{registration.id}",
        details={
            "registrationId": str(registration.id),
            "visitDayId": str(registration.visit_day_id),
            **whose(language=registration.language),
        },
        at=at,
    )
