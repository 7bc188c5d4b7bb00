from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from services.intake.desk.rules import PRESENT_FOR
from services.intake.desk.tables import DeskCall, DeskLook, DeskMark, DeskNote
from services.intake.staff.tables import Person, Role
from shared.desk.tables import work_items

ROLES: Any = col(Person.roles)
AT_DESK = frozenset({Role.ADVISER, Role.SENIOR})


def marks(session: Session) -> dict[tuple[str, UUID], DeskMark]:
    """Return whose each item is and until when it is put off, by service and item."""
    wanted = col(DeskMark.owner_id).is_not(None) | col(DeskMark.put_off_until).is_not(None)
    found = session.scalars(select(DeskMark).where(wanted))
    return {(one.service, one.item_id): one for one in found}


def mark_of(session: Session, service: str, item_id: UUID) -> DeskMark | None:
    query = select(DeskMark).where(col(DeskMark.service) == service, col(DeskMark.item_id) == item_id)
    return session.scalars(query).one_or_none()


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
    """Return these calls with whom they are for, and whether the item still waits for somebody to take it."""
    query = (
        select(DeskCall, Person, work_items.c.id.is_not(None) & col(DeskMark.owner_id).is_(None))
        .join(Person, col(Person.id) == col(DeskCall.person_id))
        .outerjoin(
            work_items, (work_items.c.id == col(DeskCall.item_id)) & work_items.c.resolved_at.is_(None)
        )
        .outerjoin(
            DeskMark, (col(DeskMark.item_id) == col(DeskCall.item_id)) & (col(DeskMark.service) == "intake")
        )
        .where(col(DeskCall.id).in_(list(ids)))
    )
    return [(call, person, bool(waits)) for call, person, waits in session.execute(query)]
