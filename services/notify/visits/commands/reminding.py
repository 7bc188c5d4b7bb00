"""Turning steps that are due into messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, select

from services.notify.visits import queries, rules
from services.notify.visits.commands.planning import call_owner, want_step
from services.notify.visits.steps import PURPOSES, ROWS
from services.notify.visits.tables import (
    Registration,
    ReminderStep,
    Step,
    StepState,
    VisitDay,
)
from shared.desk.items import open_item
from shared.messaging.work import LEASE

STUCK_KIND, CANNOT_BE_READ = "reminder-stuck", "recipient-cannot-be-read"


def claim_due(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lease the steps that are due at `now`, except registration texts, which wait for the number's owner.

    Does not commit.
    """
    return session.execute(CLAIM_DUE, {"now": now, "limit": limit}).scalars().all()


# By `ctid`, which cannot change while the row is locked: a fifth less work than by id.
CLAIM_DUE = text(f"""
    UPDATE reminder_steps
    SET leased_until = clock_timestamp() + make_interval(secs => {LEASE.total_seconds()})
    WHERE ctid = ANY (ARRAY (
      SELECT ctid FROM reminder_steps
      WHERE state = '{StepState.PLANNED}' AND step <> '{Step.REGISTRATION}' AND due_at <= :now
        AND (leased_until IS NULL OR leased_until < clock_timestamp())
      ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED))
    RETURNING id
""")


def remind(session: Session, step_id: UUID, *, at: datetime) -> None:
    """Turn a step that is due into a message, if what it says still holds. Idempotent.

    Raises Unreadable if the family's data was altered or its encryption key is not here.
    """
    step = _planned(session, step_id)
    if step is not None and step.due_at <= at:
        registration, visit = queries.with_visit(session, [step.registration_id])[step.registration_id]
        _remind(session, step, registration, visit, at)
    session.commit()


def give_up(session: Session, step_id: UUID, *, at: datetime) -> None:
    """Skip a step whose family cannot be decrypted, and open a work item for it. Idempotent."""
    step = _planned(session, step_id)
    if step is not None:
        _let_go(step, StepState.SKIPPED, CANNOT_BE_READ)
        open_item(
            session,
            kind=STUCK_KIND,
            reason=CANNOT_BE_READ,
            subject_id=step.registration_id,
            dedupe_key=f"{STUCK_KIND}:{step.registration_id}",
            details={"registrationId": str(step.registration_id), "step": step.step},
            at=at,
        )
    session.commit()


def _planned(session: Session, step_id: UUID) -> ReminderStep | None:
    return session.exec(
        select(ReminderStep)
        .where(ReminderStep.id == step_id, ReminderStep.state == StepState.PLANNED)
        .with_for_update()
    ).one_or_none()


def _remind(
    session: Session, step: ReminderStep, registration: Registration, visit: VisitDay, at: datetime
) -> None:
    reason = rules.why_untrue(PURPOSES[step.step], step.visit_version, registration, visit)
    if reason is not None:
        _let_go(step, StepState.VOID, reason)
    elif not rules.may_be_written_to(registration):
        _let_go(step, StepState.SKIPPED, "number-not-confirmed")
        call_owner(session, registration, reason="no-answer", at=at)
    elif at >= rules.not_after(step.step, visit.starts_at, visit.zone):
        _let_go(step, StepState.SKIPPED, "too-late")
    elif rules.overtaken(step.step, _also_due(session, step, at)):
        _let_go(step, StepState.SKIPPED, "overtaken")
    else:
        want_step(session, visit, registration, step, at)


def _let_go(step: ReminderStep, state: StepState, reason: str) -> None:
    step.state, step.reason, step.leased_until = state, reason, None


def _also_due(session: Session, step: ReminderStep, at: datetime) -> list[Step]:
    """Return the steps of this plan that are due and not done with, whichever a worker took first."""
    steps = queries.steps_of(session, step.registration_id, step.visit_version).values()
    live = (StepState.PLANNED, StepState.QUEUED)
    return [
        other.step for other in steps if other.step in ROWS and other.state in live and other.due_at <= at
    ]
