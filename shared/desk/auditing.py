"""What the auditor is told of this service's audit. That they looked is in it too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlmodel import Session

from shared import audit
from shared.audit.tables import audit_entries
from shared.desk.actions import DeskActions
from shared.desk.tables import work_items
from shared.events.auditing import READ, AskAudit, Entries, Entry
from shared.security.service_tokens import Acting
from shared.security.tables import api_keys

E = audit_entries.c
KEY = "key:"
# What a look was narrowed by. Only that it was: what somebody typed is not noted.
NARROWED = ("who", "key", "deed", "record", "since", "before")


def entries(session: Session, desk: DeskActions, asked: AskAudit, acting: Acting, at: datetime) -> Entries:
    """Return what was asked for, and note in the same transaction that it was looked at. Commits."""
    found = session.execute(_query(session, asked).limit(asked.limit + 1)).all()
    shown = found[: asked.limit]
    names = _keys(session, {row.who.removeprefix(KEY) for row in shown if row.who.startswith(KEY)})
    audit.record(session, acting.who, READ, _about(asked), at=at, why=_why(asked))
    session.commit()
    return Entries(
        entries=tuple(
            Entry(called=names.get(row.who.removeprefix(KEY), ""), **row._mapping) for row in shown
        ),
        more=len(found) > asked.limit,
    )


def _about(asked: AskAudit) -> str:
    """Return what was looked at: one record, what one person did, or the audit."""
    if asked.record is not None:
        return f"record:{asked.record}"
    return asked.who if asked.who and asked.who.startswith("staff:") else "audit"


def _why(asked: AskAudit) -> str:
    narrowed = [name for name in NARROWED if getattr(asked, name) is not None]
    return " ".join([*(["file"] if asked.as_file else []), *narrowed])


def _query(session: Session, asked: AskAudit) -> Select[Any]:
    query = select(audit_entries).where(*_wanted(session, asked)).order_by(E.at.desc(), E.id.desc())
    if asked.before is None:
        return query
    last = tuple_(asked.before.at, asked.before.id)
    # The first condition lets the index on the time be used.
    return query.where(E.at <= asked.before.at, tuple_(E.at, E.id) < last)


def _wanted(session: Session, asked: AskAudit) -> Iterator[ColumnElement[bool]]:
    if asked.who is not None:
        yield E.who == asked.who
    if asked.key is not None:
        yield E.who.in_([KEY + one for one in _ids_of(session, asked.key)])
    if asked.deed is not None:
        yield or_(E.deed == asked.deed, E.deed.startswith(f"{asked.deed}.", autoescape=True))
    if asked.record is not None:
        yield func.split_part(E.about, ":", 2).in_(_records(session, asked.record))
    if asked.since is not None:
        yield E.at >= asked.since
    if asked.until is not None:
        yield E.at < asked.until
    if not asked.looks:
        yield E.deed != READ


def _records(session: Session, record: UUID) -> list[str]:
    """Return the ids of a record and of the work items about it."""
    items = session.scalars(select(work_items.c.id).where(work_items.c.subject_id == record))
    return [str(record), *map(str, items)]


def _ids_of(session: Session, key: str) -> list[str]:
    named = select(api_keys.c.id).where(
        or_(api_keys.c.id == key, func.lower(api_keys.c.name) == key.strip().lower())
    )
    return list(session.scalars(named)) or [key.strip()]


def _keys(session: Session, ids: set[str]) -> dict[str, str]:
    rows = session.execute(select(api_keys.c.id, api_keys.c.name).where(api_keys.c.id.in_(ids)))
    return {row.id: row.name for row in rows} if ids else {}
