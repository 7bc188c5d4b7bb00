"""The work list: what waits for a person, and why. The caller commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.database.encrypted import of_row
from shared.database.paging import FIRST, Order, Page, Slice, page_of
from shared.desk.tables import DANGER_NOW as DANGER_NOW
from shared.desk.tables import work_items
from shared.errors import Conflict, NotFound
from shared.ids import new_id

# Begins the key of an item whose person was erased.
ERASED = "erased:"
BELOW = work_items.c.group_key.is_not(None)
BY_URGENCY = Order(
    "work-items", (work_items.c.reason != DANGER_NOW, BELOW, work_items.c.opened_at, work_items.c.id)
)
OLDEST_FIRST = Order("work-items-of-a-group", (work_items.c.opened_at, work_items.c.id))
GROUPED = (
    select(
        work_items.c.group_key,
        work_items.c.kind,
        work_items.c.reason,
        func.count().label("number"),
        func.min(work_items.c.opened_at).label("oldest"),
        func.max(work_items.c.opened_at).label("newest"),
    )
    .where(work_items.c.resolved_at.is_(None), BELOW)
    .group_by(work_items.c.group_key, work_items.c.kind, work_items.c.reason)
    .subquery()
)
DANGER_FIRST = Order(
    "work-item-groups",
    (
        GROUPED.c.reason != DANGER_NOW,
        GROUPED.c.oldest,
        GROUPED.c.group_key,
        GROUPED.c.kind,
        GROUPED.c.reason,
    ),
)


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
    group: str | None = None
    due_at: datetime | None = None
    resolved_by: str | None = None


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
    group: str | None = None,
    due: datetime | None = None,
) -> None:
    """Put an item on the list, unless one with the same `dedupe_key` is open.

    `details` are ids and codes; those that `whose` returns are shown on the list. `due`: by when it should be
    done, where that is known.

    Items of one `group` are one line, and a person may deal with all of them at once. That line is below
    the others, but for one of people in danger now, which is on top.
    """
    id = new_id()
    row = {
        "id": id,
        "kind": kind,
        "reason": reason,
        "subject_id": subject_id,
        "details": details or {},
        "text": of_row(id, words),
        "dedupe_key": dedupe_key,
        "opened_at": at,
        "group_key": group,
        "due_at": due,
    }
    statement = insert(work_items).values(row)
    session.execute(
        statement.on_conflict_do_nothing(
            index_elements=["dedupe_key"], index_where=text("resolved_at IS NULL")
        )
    )


def whose(
    *, audience: str | None = None, ages: Sequence[str] = (), language: str = "", urgency: str | None = None
) -> dict[str, str]:
    """Return, for the details of an item, what the list says of whom it is about: codes, never a name."""
    known = {"audience": audience, "ages": " ".join(ages), "language": language, "urgency": urgency}
    return {name: str(value) for name, value in known.items() if value}


def open_items(
    session: Session,
    wanted: Slice = FIRST,
    *,
    kind: str | None = None,
    group: str | None = None,
    alone: bool = False,
) -> Page[WorkItem]:
    """Return the open items: those of people in danger now before all else, then the oldest first.

    Those that belong to a group come after all others as urgent; `alone` leaves them out, and with `group`
    there are no others.
    """
    query = select(work_items).where(work_items.c.resolved_at.is_(None))
    if kind is not None:
        query = query.where(work_items.c.kind == kind)
    if group is not None:
        query = query.where(work_items.c.group_key == group)
    if alone:
        query = query.where(work_items.c.group_key.is_(None))
    return page_of(session, query, BY_URGENCY, wanted).each(item_of)


def open_about(session: Session, subject_id: UUID, kind: str, *, lock: bool = False) -> list[WorkItem]:
    """Return the open items of this kind about a subject, locked if asked."""
    query = (
        select(work_items)
        .where(
            work_items.c.subject_id == subject_id,
            work_items.c.kind == kind,
            work_items.c.resolved_at.is_(None),
        )
        .order_by(work_items.c.id)
    )
    return [item_of(row) for row in session.execute(query.with_for_update() if lock else query)]


@dataclass(frozen=True)
class Group:
    """Open items that belong together: how many, and since when the oldest and the newest of them wait."""

    key: str
    kind: str
    reason: str
    number: int
    oldest: datetime
    newest: datetime


def groups(session: Session, wanted: Slice = FIRST) -> Page[Group]:
    """Return the groups of open items: those of people in danger now first, then who waits longest."""
    found = page_of(session, select(GROUPED), DANGER_FIRST, wanted)
    return found.each(lambda row: Group(*row[: len(GROUPED.c)]))


def group_with_key(session: Session, key: str) -> Group | None:
    """Return the group, or None if nothing in it is open any more."""
    row = session.execute(select(GROUPED).where(GROUPED.c.group_key == key).limit(1)).one_or_none()
    return None if row is None else Group(*row)


def kinds_of_group(session: Session, key: str, until: datetime) -> list[str]:
    """Return the kinds of the open items of a group that wait since `until` at the latest."""
    return list(session.execute(select(work_items.c.kind).where(_seen(key, until)).distinct()).scalars())


def items_of_group(session: Session, key: str, wanted: Slice = FIRST) -> Page[WorkItem]:
    """Return the open items of a group, the oldest first."""
    query = select(work_items).where(work_items.c.resolved_at.is_(None), work_items.c.group_key == key)
    return page_of(session, query, OLDEST_FIRST, wanted).each(item_of)


def ids_of_group(session: Session, key: str, until: datetime, limit: int) -> list[UUID]:
    """Return open items of a group that wait since `until` at the latest, the oldest first."""
    c = work_items.c
    chosen = select(c.id).where(_seen(key, until)).order_by(c.opened_at, c.id).limit(limit)
    return list(session.execute(chosen).scalars())


def count_of_group(session: Session, key: str, until: datetime) -> int:
    """Return how many open items of a group wait since `until` at the latest."""
    number: int = session.execute(
        select(func.count()).select_from(work_items).where(_seen(key, until))
    ).scalar_one()
    return number


def _seen(key: str, until: datetime) -> ColumnElement[bool]:
    c = work_items.c
    return and_(c.resolved_at.is_(None), c.group_key == key, c.opened_at <= until)


def item(session: Session, item_id: UUID, *, lock: bool = False) -> WorkItem:
    """Return the item, locked if asked. Raises NotFound."""
    query = select(work_items).where(work_items.c.id == item_id)
    row = session.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound("There is no such item on this list.")
    return item_of(row)


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


def forget_about(
    session: Session, subject_ids: Sequence[UUID], *, at: datetime, but: Sequence[str] = ()
) -> int:
    """Take everything about these subjects off the list and out of it: words, and what leads to a person.

    Leaves the kinds in `but` as they are. Returns how many items that changed. Idempotent.
    """
    if not subject_ids:
        return 0
    theirs = work_items.c.subject_id.in_(subject_ids) & work_items.c.kind.not_in(but)
    emptied = (
        update(work_items)
        .where(theirs, ~work_items.c.dedupe_key.startswith(ERASED))
        .values(
            text=None,
            details={},
            # That of a ceiling holds a part of a number's fingerprint.
            dedupe_key=func.concat(ERASED, work_items.c.id),
            resolved_at=func.coalesce(work_items.c.resolved_at, at),
            resolution=func.coalesce(work_items.c.resolution, "erased"),
            resolved_by=func.coalesce(work_items.c.resolved_by, "weerzien"),
        )
    )
    return len(session.execute(emptied.returning(work_items.c.id)).all())


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


def item_of(row: Any) -> WorkItem:
    """Return an item from its row."""
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
        row.group_key,
        row.due_at,
        row.resolved_by,
    )
