"""What a mass change does in its one transaction: days are off or elsewhere, and nothing about them goes out.

Each statement is about all families at once: twenty thousand take some seconds. Nothing here commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlmodel import Session, col

from services.notify.messages.purposes import FOR_WHO_COMES
from services.notify.messages.tables import MessageState
from services.notify.visits import queries as visits
from services.notify.visits import rules as visit_rules
from services.notify.visits.commands.seconding import SECOND_KIND
from services.notify.visits.mass import previewing, queries, rules
from services.notify.visits.mass.tables import FamilyState, MassChange, MassChangeDay, MassState
from services.notify.visits.tables import (
    ChangeKind,
    RegistrationState,
    StepState,
    VisitDay,
    VisitState,
    WaitingChange,
)
from shared import audit
from shared.desk.items import resolve_all_of
from shared.desk.tables import work_items
from shared.errors import Conflict

# Why a reminder or text was stopped: by this it is known again where that is undone.
TOGETHER = "mass-change"
DEEDS = {ChangeKind.CALL_OFF: "cancel", ChangeKind.MOVE: "move"}


def lock_days(session: Session, change: MassChange, at: datetime) -> Sequence[VisitDay]:
    """Lock the visit days that this is about, after what waits about them at the desk; return them as they
    are then, the earliest first.
    """
    ids = [visit.id for visit in queries.days_meant(session, change, at)]
    session.execute(
        select(work_items.c.id)
        .where(
            work_items.c.subject_id.in_(ids),
            work_items.c.kind == SECOND_KIND,
            work_items.c.resolved_at.is_(None),
        )
        .order_by(work_items.c.id)
        .with_for_update()
    )
    visits.lock_visits(session, ids)
    return queries.days_meant(session, change, at)


def carry_out(session: Session, change: MassChange, days: Sequence[VisitDay], who: str, at: datetime) -> None:
    """Stop all reminders of these families, and call their days off or move them.

    Raises Invalid and Conflict where days cannot move any more as was shown.
    """
    if change.action is ChangeKind.MOVE:
        previewing.check_new_slots(session, change, days, at)
    _forget_proposals(session, [visit.id for visit in days], at)
    starts = [visit.starts_at for visit in days]
    for visit in days:
        _change(change, visit, at)
        audit.record(session, who, f"visit-day.{DEEDS[change.action]}", f"visit-day:{visit.id}", at=at)
    session.flush()
    _hold_families(session, change, rules.hand_over_at([*starts, *(one.starts_at for one in days)], at))
    _stop_what_is_planned(session, change)
    if change.action is ChangeKind.MOVE:
        session.execute(ASK_ANEW, {"change": change.id})
    change.state, change.confirmed_by, change.confirmed_at = MassState.CONFIRMED, who, at


def _forget_proposals(session: Session, ids: Sequence[UUID], at: datetime) -> None:
    """Take off the list what one person wanted with one of these days."""
    session.execute(delete(WaitingChange).where(col(WaitingChange.visit_day_id).in_(ids)))
    resolve_all_of(session, ids, "overtaken", at=at, kinds=[SECOND_KIND])


def _change(change: MassChange, visit: VisitDay, at: datetime) -> None:
    visit.changed_at = at
    if change.action is ChangeKind.CALL_OFF:
        visit.state, visit.cancel_reason = VisitState.CANCELLED, change.reason
        return
    slot = rules.moved(change, visit)
    visit.version += 1
    visit.visit_date, visit.start_time, visit.end_time = slot.day, slot.start, slot.end
    visit.starts_at = visit_rules.moment(slot.day, slot.start, visit.zone)
    visit.ends_at = visit_rules.moment(slot.day, slot.end, visit.zone)


def _hold_families(session: Session, change: MassChange, due_at: datetime) -> None:
    """Note which families are to be told from then on, and how they stood; who no longer comes leaves."""
    change.hand_over_at = change.look_at = due_at
    session.flush()
    before = rules.leaves_before()
    session.execute(LEAVE, {"change": change.id})
    session.execute(HOLD_QUEUES, {"change": change.id, "due_at": due_at})
    session.execute(HOLD, {"change": change.id, "due_at": due_at, "before": before})


LEAVE = text(f"""
    UPDATE mass_change_families f SET state = '{FamilyState.LEFT}' FROM registrations r
    WHERE f.mass_change_id = :change AND r.id = f.registration_id
      AND r.state NOT IN ({queries.COMING_NOW})
""")
HOLD_QUEUES = text("UPDATE mass_change_days SET due_at = :due_at WHERE mass_change_id = :change")
# It sets out for the earlier of the two days.
HOLD = text(f"""
    UPDATE mass_change_families f
    SET state = '{FamilyState.WAITING}', due_at = :due_at, was_state = r.state,
        was_answered_at = r.answered_at, visit_version = v.version,
        leaves_at = least(d.was_at, v.starts_at) - CAST(:before AS interval)
    FROM registrations r, mass_change_days d, visit_days v
    WHERE f.mass_change_id = :change AND f.state = '{FamilyState.PREVIEWED}' AND r.id = f.registration_id
      AND d.mass_change_id = f.mass_change_id AND d.visit_day_id = f.visit_day_id AND v.id = f.visit_day_id
""")
# A yes was for the old date.
ASK_ANEW = text(f"""
    UPDATE registrations r SET state = '{RegistrationState.REGISTERED}', answered_at = NULL
    FROM mass_change_families f
    WHERE f.mass_change_id = :change AND f.state = '{FamilyState.WAITING}' AND r.id = f.registration_id
""")


def _stop_what_is_planned(session: Session, change: MassChange) -> None:
    """Steps before texts: a step that becomes a text meanwhile is waited for, and its text found then.

    What is with the provider already goes on; the family hears of the change after it.
    """
    purposes = [str(one) for one in FOR_WHO_COMES]
    session.execute(STOP_STEPS, {"change": change.id, "why": TOGETHER})
    session.execute(STOP_TEXTS, {"change": change.id, "why": TOGETHER, "purposes": purposes})


STOP_STEPS = text(f"""
    UPDATE reminder_steps s SET state = '{StepState.VOID}', reason = :why, leased_until = NULL
    FROM mass_change_families f
    WHERE f.mass_change_id = :change AND f.state = '{FamilyState.WAITING}'
      AND s.registration_id = f.registration_id AND s.state = '{StepState.PLANNED}'
""")
STOP_TEXTS = text(f"""
    UPDATE messages m SET state = '{MessageState.VOID}', reason = :why, leased_until = NULL
    FROM mass_change_families f
    WHERE f.mass_change_id = :change AND f.state = '{FamilyState.WAITING}'
      AND m.recipient_id = f.registration_id AND m.state = '{MessageState.PLANNED}'
      AND m.purpose = ANY (:purposes)
""")


def take_back(session: Session, change: MassChange, at: datetime) -> None:
    """Let days, registrations, reminders and texts be as they were. No family has heard anything.

    Raises Conflict where a family has registered meanwhile for a day on its new date.
    """
    visits.lock_visits(session, [one.visit_day_id for one in queries.days_shown(session, change.id)])
    if session.execute(REGISTERED_SINCE, {"change": change.id}).first():
        raise Conflict(
            "A family has registered for the new date meanwhile. Move the day back instead.",
            "registered-meanwhile",
        )
    for shown in queries.days_shown(session, change.id):
        _restore(session, shown, at)
    session.flush()
    for statement in (RESTORE_STEPS, RESTORE_TEXTS):
        session.execute(statement, {"change": change.id, "why": TOGETHER})
    if change.action is ChangeKind.MOVE:
        session.execute(RESTORE_ANSWERS, {"change": change.id})
    queries.forget_shown(session, change.id)
    change.state, change.look_at = MassState.UNDONE, None


def _restore(session: Session, shown: MassChangeDay, at: datetime) -> None:
    visit = session.get_one(VisitDay, shown.visit_day_id)
    visit.state, visit.cancel_reason, visit.changed_at = VisitState.OPEN, None, at
    visit.version, visit.visit_date = shown.version, shown.was_date
    visit.start_time, visit.end_time, visit.starts_at = shown.was_start, shown.was_end, shown.was_at
    visit.ends_at = visit_rules.moment(shown.was_date, shown.was_end, visit.zone)
    with session.no_autoflush:
        there = visits.same_day(session, visit)
    if there is not None:
        why = f"This visit day was published anew meanwhile: /v1/visit-days/{there.id}."
        raise Conflict(why, "visit-day-exists")


REGISTERED_SINCE = text(f"""
    SELECT 1 FROM mass_change_days d JOIN registrations r ON r.visit_day_id = d.visit_day_id
    LEFT JOIN mass_change_families f ON f.mass_change_id = d.mass_change_id AND f.registration_id = r.id
    WHERE d.mass_change_id = :change AND f.id IS NULL AND r.state IN ({queries.COMING_NOW}) LIMIT 1
""")
RESTORE_STEPS = text(f"""
    UPDATE reminder_steps s SET state = '{StepState.PLANNED}', reason = NULL
    FROM mass_change_families f
    WHERE f.mass_change_id = :change AND f.state = '{FamilyState.WAITING}'
      AND s.registration_id = f.registration_id AND s.state = '{StepState.VOID}' AND s.reason = :why
""")
# A new fence: a worker that had it in hand before must not send it before its time.
RESTORE_TEXTS = text(f"""
    UPDATE messages m SET state = '{MessageState.PLANNED}', reason = NULL, fence = m.fence + 1
    FROM mass_change_families f
    WHERE f.mass_change_id = :change AND f.state = '{FamilyState.WAITING}'
      AND m.recipient_id = f.registration_id AND m.state = '{MessageState.VOID}' AND m.reason = :why
""")
# Unless it has said something else meanwhile.
RESTORE_ANSWERS = text(f"""
    UPDATE registrations r SET state = f.was_state, answered_at = f.was_answered_at
    FROM mass_change_families f
    WHERE f.mass_change_id = :change AND f.state = '{FamilyState.WAITING}' AND r.id = f.registration_id
      AND r.state = '{RegistrationState.REGISTERED}' AND r.answered_at IS NULL
""")
