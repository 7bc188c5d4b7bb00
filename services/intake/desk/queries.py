from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, select
from sqlmodel import Session, col

from services.intake.desk.rules import LOUD, PRESENT_FOR, Mark
from services.intake.desk.tables import DeskAlarm, DeskCall, DeskLook, DeskMark, DeskNote
from services.intake.staff.tables import Person, Role
from shared.desk.tables import work_items

ROLES: Any = col(Person.roles)
AT_DESK = frozenset({Role.ADVISER, Role.SENIOR})


# Whoever is let go, or does other work now, has nothing any more: what was theirs is nobody's.
STILL_HERE = select(col(Person.id)).where(
    col(Person.disabled_at).is_(None), ROLES.overlap([str(role) for role in AT_DESK])
)
IS_TAKEN = col(DeskMark.owner_id).in_(STILL_HERE)
MARK = (case((IS_TAKEN, col(DeskMark.owner_id))), col(DeskMark.owned_at), col(DeskMark.put_off_until))


def marks(session: Session) -> dict[str, dict[str, Mark]]:
    """Return whose each item is and until when it is put off, by service and by the item's id."""
    wanted = col(DeskMark.owner_id).is_not(None) | col(DeskMark.put_off_until).is_not(None)
    found: dict[str, dict[str, Mark]] = defaultdict(dict)
    for service, item_id, *kept in session.execute(
        select(col(DeskMark.service), col(DeskMark.item_id), *MARK).where(wanted)
    ):
        found[service][str(item_id)] = Mark(*kept)
    return found


def mark_of(session: Session, service: str, item_id: UUID) -> Mark:
    """Return whose an item is and until when it is put off."""
    query = select(*MARK).where(col(DeskMark.service) == service, col(DeskMark.item_id) == item_id)
    kept = session.execute(query).one_or_none()
    return Mark(*kept) if kept else Mark(None, None, None)


def notes_of(session: Session, service: str, item_id: UUID) -> Sequence[DeskNote]:
    """Return what was noted beside an item, in the order in which it was written."""
    query = select(DeskNote).where(col(DeskNote.service) == service, col(DeskNote.item_id) == item_id)
    return session.scalars(query.order_by(col(DeskNote.written_at), col(DeskNote.id))).all()


def others_at(session: Session, item_id: UUID, me: UUID, now: datetime) -> Sequence[DeskLook]:
    """Return who else has this item open now."""
    query = select(DeskLook).where(
        col(DeskLook.item_id) == item_id,
        col(DeskLook.person_id) != me,
        col(DeskLook.seen_at) > now - PRESENT_FOR,
    )
    return session.scalars(query.order_by(col(DeskLook.since))).all()


def names(session: Session) -> dict[UUID, str]:
    """Return what everybody is called who works here or did."""
    return {row.id: row.name for row in session.execute(select(col(Person.id), col(Person.name)))}


def at_the_desk(session: Session, roles: Iterable[Role] = AT_DESK) -> Sequence[Person]:
    """Return who works at the desk now, by name."""
    query = select(Person).where(
        col(Person.disabled_at).is_(None), ROLES.overlap([str(role) for role in roles])
    )
    return session.scalars(query.order_by(col(Person.name), col(Person.id))).all()


def calls_by_ids(session: Session, ids: Iterable[UUID]) -> list[tuple[DeskCall, Person, bool]]:
    """Return these calls with whom they are for, and whether the item still waits for somebody to take it.

    For who does not work at the desk any more nothing waits there.
    """
    waits = still_waits(col(DeskCall.item_id)) & col(Person.id).in_(STILL_HERE)
    query = (
        select(DeskCall, Person, waits)
        .join(Person, col(Person.id) == col(DeskCall.person_id))
        .where(col(DeskCall.id).in_(list(ids)))
    )
    return [(call, person, bool(waits)) for call, person, waits in session.execute(query)]


def still_waits(item_id: Any) -> ColumnElement[bool]:
    """Whether an item that has an alarm is open and nobody's; of other services, as they said last."""
    here = select(work_items.c.id).where(
        work_items.c.id == item_id, work_items.c.reason.in_(LOUD), work_items.c.resolved_at.is_(None)
    )
    elsewhere = select(col(DeskAlarm.item_id)).where(
        col(DeskAlarm.item_id) == item_id,
        col(DeskAlarm.service) != "intake",
        col(DeskAlarm.over_at).is_(None),
    )
    taken = select(col(DeskMark.id)).where(col(DeskMark.item_id) == item_id, IS_TAKEN)
    return (here.exists() | elsewhere.exists()) & ~taken.exists()
