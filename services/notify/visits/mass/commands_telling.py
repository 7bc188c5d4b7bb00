"""Telling the families of a mass change: their texts are planned, some hundred in a transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from services.notify.messages.commands import Wanted, want_all
from services.notify.messages.tables import Purpose
from services.notify.visits import queries as visits
from services.notify.visits import rules as visit_rules
from services.notify.visits.commands import queueing
from services.notify.visits.commands.calling import CALL_KIND, ask_to_call
from services.notify.visits.commands.choosing import ask_no_more
from services.notify.visits.commands.planning import call_owner
from services.notify.visits.mass import rules
from services.notify.visits.mass.tables import (
    FamilyState,
    MassChange,
    MassChangeDay,
    MassChangeFamily,
    MassState,
)
from services.notify.visits.tables import COMING, ChangeKind, Registration, ReminderStep, StepState, VisitDay
from shared.database.at_once import InsertAtOnce
from shared.desk.items import resolve_all_of
from shared.ids import new_id

WORD = {ChangeKind.CALL_OFF: "cancelled", ChangeKind.MOVE: "moved"}
PURPOSES = {ChangeKind.CALL_OFF: Purpose.VISIT_CANCELLED, ChangeKind.MOVE: Purpose.VISIT_MOVED}
plan_unless_known = InsertAtOnce(
    ReminderStep.__table__,  # type: ignore[attr-defined]
    unless_known="registration_id, visit_version, step",
)


@dataclass(frozen=True)
class Told:
    """A family that is to be told, with what that is about. `was_at`: when its visit was to be."""

    row: MassChangeFamily
    change: MassChange
    registration: Registration
    visit: VisitDay
    was_at: datetime

    @property
    def key(self) -> str:
        return f"visit:{self.registration.id}:{self.visit.version}:{WORD[self.change.action]}"

    @property
    def in_writing(self) -> bool:
        written = self.registration.channel.written is not None
        return written and visit_rules.may_be_written_to(self.registration)

    @property
    def comes(self) -> bool:
        return self.registration.state in COMING and self.registration.erased_at is None


def tell(session: Session, ids: Sequence[UUID], *, at: datetime) -> None:
    """Plan the texts to these families, and put on the call list who gets none. Idempotent.

    Who no longer comes is told nothing. One transaction: if it is cut short, nothing of it happened.
    """
    told = _to_tell(session, ids)
    gone = [one for one in told if not one.comes]
    written = [one for one in told if one.comes and one.in_writing]
    called = [one for one in told if one.comes and not one.in_writing]
    _write(session, written, at)
    for one in called:
        _leave_to_a_person(session, one, at)
    _plan_anew(session, [one for one in told if one.comes and one.change.action is ChangeKind.MOVE], at)
    _mark(session, gone, FamilyState.LEFT)
    session.execute(TOLD, {"ids": [one.row.id for one in written], "keys": [one.key for one in written]})
    session.execute(KEEP_PLACES, {"ids": _called_off([*written, *called]), "days": rules.KEPT_DAYS})
    session.commit()


def tell_queue(session: Session, day_id: UUID, *, at: datetime) -> None:
    """Tell those who wait for a place on a day that is off or elsewhere; `day_id` is of the change's row.

    Offers of a place end; on a new date they are made anew. Idempotent.
    """
    known = session.get(MassChangeDay, day_id)
    # The change before its day, as whoever undoes it does.
    change = session.get(MassChange, known.mass_change_id, with_for_update={"read": True}) if known else None
    shown = session.get(MassChangeDay, day_id, with_for_update=True, populate_existing=True)
    if shown is None or shown.due_at is None or change is None or change.state is not MassState.CONFIRMED:
        session.rollback()
        return
    visit = visits.locked_visit(session, shown.visit_day_id)
    if change.action is ChangeKind.CALL_OFF:
        queueing.called_off(session, visit, at)
    else:
        _forget_what_was_asked(session, visit, at)
        queueing.moved(session, visit, at)
    shown.due_at = shown.leased_until = None
    session.commit()


def _forget_what_was_asked(session: Session, visit: VisitDay, at: datetime) -> None:
    """What was asked and offered was about the old date."""
    families = visits.coming(session, visit.id)
    ask_no_more(session, [one.id for one in families], at)
    for one in families:
        one.offered_at = None


def _to_tell(session: Session, ids: Sequence[UUID]) -> list[Told]:
    """Return those that still wait, locked; their changes are locked too, so that nobody undoes one now."""
    of_these = select(MassChangeFamily.mass_change_id).where(col(MassChangeFamily.id).in_(ids))
    changes = {
        one.id: one
        for one in session.exec(
            select(MassChange)
            .where(col(MassChange.id).in_(of_these), MassChange.state == MassState.CONFIRMED)
            .order_by(col(MassChange.id))
            .with_for_update(read=True)
        )
    }
    rows = session.exec(
        select(MassChangeFamily, Registration, VisitDay, MassChangeDay.was_at)
        .join(Registration, col(Registration.id) == col(MassChangeFamily.registration_id))
        .join(VisitDay, col(VisitDay.id) == col(MassChangeFamily.visit_day_id))
        .join(
            MassChangeDay,
            (col(MassChangeDay.mass_change_id) == col(MassChangeFamily.mass_change_id))
            & (col(MassChangeDay.visit_day_id) == col(MassChangeFamily.visit_day_id)),
        )
        .where(
            col(MassChangeFamily.id).in_(ids),
            MassChangeFamily.state == FamilyState.WAITING,
            col(MassChangeFamily.mass_change_id).in_(changes),
        )
        .order_by(col(MassChangeFamily.id))
        .with_for_update(of=MassChangeFamily, skip_locked=True)
        .options(defer(Registration.name), defer(Registration.phone), defer(Registration.email))  # type: ignore[arg-type]
    )
    return [Told(row, changes[row.mass_change_id], family, day, was) for row, family, day, was in rows]


def _write(session: Session, told: Sequence[Told], at: datetime) -> None:
    resolve_all_of(session, [one.registration.id for one in told], "overtaken", at=at, kinds=[CALL_KIND])
    want_all(session, [_wanted(one, at) for one in told], at=at)


def _wanted(told: Told, at: datetime) -> Wanted:
    registration, visit = told.registration, told.visit
    channel, moves = registration.channel.written, told.change.action is ChangeKind.MOVE
    assert channel is not None
    telling = visit_rules.telling(
        visit.starts_at,
        visit.zone,
        at,
        was_at=told.was_at if moves else None,
        minor=registration.minors_own_phone,
    )
    return Wanted(
        purpose=PURPOSES[told.change.action],
        cause_id=registration.id,
        recipient_id=registration.id,
        channel=channel,
        language=registration.language,
        due_at=telling.due_at if moves else at,
        dedupe_key=told.key,
        not_after=visit.starts_at,
        windowed=telling.windowed,
        visit_version=visit.version,
    )


def _leave_to_a_person(session: Session, told: Told, at: datetime) -> None:
    told.row.state, told.row.listed_at, told.row.leased_until = FamilyState.CALL, at, None
    if told.registration.channel.written is None:
        ask_to_call(session, told.registration, PURPOSES[told.change.action], at, papers=False)
    else:
        call_owner(session, told.registration, reason=f"visit-{WORD[told.change.action]}", at=at)


def _mark(session: Session, told: Sequence[Told], state: FamilyState) -> None:
    for one in told:
        one.row.state, one.row.leased_until = state, None
    session.flush()


def _called_off(told: Sequence[Told]) -> list[UUID]:
    return [one.row.id for one in told if one.change.action is ChangeKind.CALL_OFF]


# The text under this key is the family's, whoever planned it.
TOLD = text(f"""
    UPDATE mass_change_families f SET state = '{FamilyState.TOLD}', message_id = m.id, leased_until = NULL
    FROM unnest(CAST(:ids AS uuid[]), CAST(:keys AS text[])) AS told(id, key)
    JOIN messages m ON m.dedupe_key = told.key
    WHERE f.id = told.id
""")
KEEP_PLACES = text("""
    INSERT INTO kept_places (id, registration_id, facility, kind, since, until)
    SELECT gen_random_uuid(), r.id, v.facility, v.kind, r.created_at, v.visit_date + CAST(:days AS int)
    FROM mass_change_families f JOIN registrations r ON r.id = f.registration_id
    JOIN visit_days v ON v.id = f.visit_day_id
    WHERE f.id = ANY (CAST(:ids AS uuid[]))
    ON CONFLICT (registration_id) DO NOTHING
""")


def _plan_anew(session: Session, told: Sequence[Told], at: datetime) -> None:
    """Plan the reminders of the new date."""
    papers = _papers_told(session, [one.registration.id for one in told if one.registration.first_visit])
    plans: dict[Any, Sequence[visit_rules.Planned]] = {}
    rows = []
    for one in told:
        asks_papers = one.registration.first_visit and one.registration.id not in papers
        kind = (one.visit.id, asks_papers, one.registration.minors_own_phone, not one.in_writing)
        if kind not in plans:
            plans[kind] = _plan(one, at, papers=asks_papers)
        rows += [_step(one, planned) for planned in plans[kind]]
    plan_unless_known(session, rows)


def _plan(told: Told, at: datetime, *, papers: bool) -> Sequence[visit_rules.Planned]:
    greet = not visit_rules.may_be_written_to(told.registration)
    minor = told.registration.minors_own_phone
    return visit_rules.plan(
        told.visit.starts_at, told.visit.zone, at, papers=papers, minor=minor, greet=greet
    )


def _step(told: Told, planned: visit_rules.Planned) -> Mapping[str, Any]:
    return {
        "id": new_id(),
        "registration_id": told.registration.id,
        "visit_version": told.visit.version,
        "step": planned.step,
        "due_at": planned.due_at,
        "channel": told.registration.channel,
        "state": StepState(planned.state),
        "carries": [str(step) for step in planned.carries],
    }


def _papers_told(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Return those that were asked to bring papers, for any version of their visit."""
    return {one for one in ids if visits.papers_told(session, one)}
