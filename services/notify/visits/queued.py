"""The read side of waiting lists: who waits for a place, and how many places are left."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from services.notify.visits import queries, rules, waiting
from services.notify.visits.tables import Registration, RegistrationState, VisitDay
from services.notify.visits.unread import UNREAD


def line(session: Session, visit_id: UUID) -> Sequence[Registration]:
    """Return those who wait, in their turn. Names and addresses are not read, as in `queries.coming`."""
    rows = session.exec(
        select(Registration)
        .where(Registration.visit_day_id == visit_id, Registration.state == RegistrationState.WAITING)
        .options(*UNREAD)
        .execution_options(populate_existing=True)
    )
    return waiting.in_turn(rows.all())


def day_of(session: Session, registration_id: UUID) -> UUID | None:
    """Return which visit day a registration is for, or None if there is no such registration."""
    chosen = select(Registration.visit_day_id).where(Registration.id == registration_id)
    return session.exec(chosen).one_or_none()


def has_room(session: Session, visit: VisitDay, *, but: UUID | None = None) -> bool:
    """Whether a place is free that is kept for nobody; `but`: for nobody else than this registration."""
    coming = queries.how_many_come(session, [visit.id])[visit.id]
    others = [one for one in line(session, visit.id) if one.id != but]
    return rules.has_room(visit.capacity, waiting.taken(coming, others))


@dataclass(frozen=True)
class Counts:
    """Of a visit day: how many families come, how many wait, and how many of those are offered a place."""

    coming: int
    waiting: int
    offered: int


def counts(session: Session, visit_ids: Collection[UUID]) -> dict[UUID, Counts]:
    coming, waits = queries.how_many_come(session, visit_ids), _waiting(session, visit_ids)
    return {one: Counts(coming[one], *waits[one]) for one in visit_ids}


def _waiting(session: Session, visit_ids: Collection[UUID]) -> dict[UUID, tuple[int, int]]:
    rows = session.execute(
        select(Registration.visit_day_id, func.count(), func.count(col(Registration.offered_until)))
        .where(
            col(Registration.visit_day_id).in_(visit_ids),
            col(Registration.state) == RegistrationState.WAITING,
        )
        .group_by(col(Registration.visit_day_id))
    )
    return dict.fromkeys(visit_ids, (0, 0)) | {row[0]: (row[1], row[2]) for row in rows}
