"""A visit day with many families is called off or moved by two people: the first asks, the second does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, text
from sqlmodel import Session, col, select

from services.notify.visits import queries, rules
from services.notify.visits.tables import ChangeKind, Registration, VisitDay, WaitingChange
from shared.desk.items import open_about, open_item, resolve_all
from shared.errors import Conflict
from shared.messaging.work import LEASE

SECOND_KIND = "second-person"


@dataclass(frozen=True)
class Person:
    """Who asks, as far as we can tell: the id of a key and its name; of a planner `member:<id>` for both."""

    key_id: str
    name: str


def named(key_id: str) -> str:
    """Return how the audit calls them."""
    return key_id if ":" in key_id else f"key:{key_id}"


def locked_after_its_item(session: Session, visit_id: UUID) -> VisitDay:
    """Lock the visit day after what waits about it at the desk, which locks them in this order too.

    Raises NotFound.
    """
    open_about(session, visit_id, SECOND_KIND, lock=True)
    return queries.locked_visit(session, visit_id)


def proposal(
    visit: VisitDay,
    kind: ChangeKind,
    by: Person,
    at: datetime,
    *,
    reason: str | None = None,
    change: dict[str, Any] | None = None,
) -> WaitingChange:
    return WaitingChange(
        visit_day_id=visit.id,
        kind=kind,
        change=change or {},
        reason=reason,
        key_id=by.key_id,
        key_name=by.name,
        asked_at=at,
        lapses_at=at + rules.SECOND_WITHIN,
    )


def awaited(
    session: Session,
    visit: VisitDay,
    families: Sequence[Registration],
    wanted: WaitingChange,
    at: datetime,
    *,
    undo: bool = False,
) -> WaitingChange | None:
    """Return what waits for a second person; None if `wanted` may be done now. Does not commit.

    It may with few families, and when another key asked for the same within the hour. Who asks for something
    else takes the place of what waited. `undo`: `visit` holds the change already, and is to be as it was.
    """
    before = _of(session, visit.id)
    if not rules.needs_a_second(rules.reach(families)):
        if before is not None:
            _forget(session, visit.id, "overtaken", at)
        return None
    live = before is not None and not rules.has_lapsed(before, at) and rules.is_the_same(before, wanted)
    if before is not None and live and before.key_id != wanted.key_id:
        _forget(session, visit.id, "carried-out", at)
        return None
    if undo:
        session.expire(visit)
    if before is not None and live:
        return before
    _forget(session, visit.id, "overtaken", at)
    session.add(wanted)
    _tell_the_desk(session, visit, rules.reach(families), wanted)
    return wanted


def seconded(session: Session, visit: VisitDay, by_name: str, at: datetime) -> WaitingChange:
    """Return what waits, for the desk to carry out, and take it off the list. Does not commit.

    Raises Conflict if nothing waits any more, and for the person who asked.
    """
    waiting = _of(session, visit.id)
    if waiting is None or rules.has_lapsed(waiting, at):
        raise Conflict("This was asked more than an hour ago, or is done. Ask again.", "lapsed")
    if waiting.key_name == by_name:
        raise Conflict("Who asked for this cannot also be the second person.", "same-person")
    session.expunge(waiting)
    _forget(session, visit.id, "carried-out", at)
    return waiting


def leave_it(session: Session, visit_id: UUID, *, at: datetime) -> None:
    """Let the visit day be as it is. Idempotent. Does not commit."""
    _forget(session, visit_id, "left-as-it-is", at)


CLAIM_LAPSED = text(f"""
    UPDATE waiting_changes
    SET leased_until = clock_timestamp() + make_interval(secs => {LEASE.total_seconds()})
    WHERE id IN (
      SELECT id FROM waiting_changes
      WHERE lapses_at <= :now AND (leased_until IS NULL OR leased_until < clock_timestamp())
      ORDER BY lapses_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING id
""")


def claim_lapsed(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lease what no second person has asked for within the hour. Does not commit."""
    return session.execute(CLAIM_LAPSED, {"now": now, "limit": limit}).scalars().all()


def lapse(session: Session, waiting_id: UUID, *, at: datetime) -> None:
    """Forget what waited too long for a second person, and take it off the list. Idempotent."""
    waiting = session.get(WaitingChange, waiting_id, with_for_update=True)
    if waiting is not None and rules.has_lapsed(waiting, at):
        session.expunge(waiting)
        _forget(session, waiting.visit_day_id, "lapsed", at)
    session.commit()


def _of(session: Session, visit_id: UUID) -> WaitingChange | None:
    with session.no_autoflush:
        return session.exec(
            select(WaitingChange)
            .where(WaitingChange.visit_day_id == visit_id)
            .execution_options(populate_existing=True)
        ).one_or_none()


def _forget(session: Session, visit_id: UUID, resolution: str, at: datetime) -> None:
    session.execute(delete(WaitingChange).where(col(WaitingChange.visit_day_id) == visit_id))
    resolve_all(session, visit_id, resolution, at=at, kinds=[SECOND_KIND])


def _tell_the_desk(session: Session, visit: VisitDay, reached: rules.Reach, wanted: WaitingChange) -> None:
    open_item(
        session,
        kind=SECOND_KIND,
        reason=str(wanted.kind),
        subject_id=visit.id,
        dedupe_key=f"{SECOND_KIND}:{visit.id}",
        details={
            "visitDayId": str(visit.id),
            "families": str(reached.families),
            "texts": str(reached.texts),
            **{name: str(value) for name, value in wanted.change.items() if value is not None},
        },
        words=wanted.reason,
        due=wanted.lapses_at,
        at=wanted.asked_at,
    )
