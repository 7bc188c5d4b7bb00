"""The work list: what waits for a person, and why. The caller commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.database.paging import FIRST, Order, Page, Slice, page_of
from shared.desk.tables import work_items
from shared.errors import Conflict, NotFound
from shared.ids import new_id

DANGER_NOW = "danger-now"
BY_URGENCY = Order("work-items", (work_items.c.reason != DANGER_NOW, work_items.c.opened_at, work_items.c.id))


@dataclass(frozen=True)
class WorkItem:
    """`details` holds ids and codes; `text` holds a person's own words, which only the desk may read."""

    id: UUID
    kind: str
    reason: str
    subject_id: UUID
    details: dict[str, Any]
    text: str | None
    opened_at: datetime
    resolved_at: datetime | None
    resolution: str | None


def open_item(
    session: Session,
    *,
    kind: str,
    reason: str,
    subject_id: UUID,
    dedupe_key: str,
    at: datetime,
    details: dict[str, Any] | None = None,
    words: str | None = None,
) -> None:
    """Put an item on the list, unless one with the same `dedupe_key` is open."""
    row = {
        "id": new_id(),
        "kind": kind,
        "reason": reason,
        "subject_id": subject_id,
        "details": details or {},
        "text": words,
        "dedupe_key": dedupe_key,
        "opened_at": at,
    }
    statement = insert(work_items).values(row)
    session.execute(
        statement.on_conflict_do_nothing(
            index_elements=["dedupe_key"], index_where=text("resolved_at IS NULL")
        )
    )


def open_items(session: Session, wanted: Slice = FIRST, *, kind: str | None = None) -> Page[WorkItem]:
    """Return the open items: those of people in danger now before all else, then the oldest first."""
    query = select(work_items).where(work_items.c.resolved_at.is_(None))
    if kind is not None:
        query = query.where(work_items.c.kind == kind)
    return page_of(session, query, BY_URGENCY, wanted).each(_item)


def item(session: Session, item_id: UUID, *, lock: bool = False) -> WorkItem:
    """Return the item, locked if asked. Raises NotFound."""
    query = select(work_items).where(work_items.c.id == item_id)
    row = session.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound("There is no such item on this list.")
    return _item(row)


def unresolved(session: Session, item_id: UUID) -> WorkItem:
    """Return the item, locked. Raises NotFound, or Conflict if it was resolved before."""
    locked = item(session, item_id, lock=True)
    if locked.resolved_at is not None:
        raise Conflict(f"This item was resolved already ({locked.resolution}).", slug="already-resolved")
    return locked


def resolve(session: Session, item_id: UUID, resolution: str, *, at: datetime, by: str) -> None:
    """Take the item off the list. Idempotent: the first resolution stays."""
    session.execute(
        update(work_items)
        .where(work_items.c.id == item_id, work_items.c.resolved_at.is_(None))
        .values(resolved_at=at, resolution=resolution, resolved_by=by)
    )


def resolve_all(
    session: Session, subject_id: UUID, resolution: str, *, at: datetime, kinds: Sequence[str] | None = None
) -> None:
    """Resolve all items about a subject after something settled them, such as a withdrawal. Idempotent."""
    statement = update(work_items).where(
        work_items.c.subject_id == subject_id, work_items.c.resolved_at.is_(None)
    )
    if kinds is not None:
        statement = statement.where(work_items.c.kind.in_(kinds))
    session.execute(statement.values(resolved_at=at, resolution=resolution, resolved_by="weerzien"))


def resolve_all_of(
    session: Session, subject_ids: Sequence[UUID], resolution: str, *, at: datetime, kinds: Sequence[str]
) -> None:
    """Resolve all items of these kinds about any of these subjects. Idempotent."""
    if subject_ids:
        statement = update(work_items).where(
            work_items.c.subject_id.in_(subject_ids),
            work_items.c.kind.in_(kinds),
            work_items.c.resolved_at.is_(None),
        )
        session.execute(statement.values(resolved_at=at, resolution=resolution, resolved_by="weerzien"))


def is_open_for_any(session: Session, subject_ids: Sequence[UUID], *, kind: str) -> bool:
    """Whether an item of this kind is open about any of these subjects."""
    waiting = select(work_items.c.id).where(
        work_items.c.subject_id.in_(subject_ids),
        work_items.c.kind == kind,
        work_items.c.resolved_at.is_(None),
    )
    return bool(subject_ids) and session.execute(waiting.limit(1)).first() is not None


def resolve_by_key(session: Session, keys: Sequence[str], resolution: str, *, at: datetime) -> None:
    """Resolve the items that were put on the list under these keys. Idempotent."""
    if keys:
        statement = update(work_items).where(
            work_items.c.dedupe_key.in_(keys), work_items.c.resolved_at.is_(None)
        )
        session.execute(statement.values(resolved_at=at, resolution=resolution, resolved_by="weerzien"))


def _item(row: Any) -> WorkItem:
    return WorkItem(
        row.id,
        row.kind,
        row.reason,
        row.subject_id,
        row.details,
        row.text,
        row.opened_at,
        row.resolved_at,
        row.resolution,
    )
