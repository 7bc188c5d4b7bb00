from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from services.intake.guidance import commands, library
from services.intake.guidance.reader import today_of
from services.intake.guidance.tables import Watch
from shared.database.columns import UtcDateTime
from shared.messaging import DueWork
from shared.messaging.work import LEASE
from shared.runtime import Runtime

WATCHES: Table = Watch.__table__  # type: ignore[attr-defined]
THE_PAGES = UUID("3a6c1f0e-52b4-4d0a-9d84-7b1f2a9c6e31")
# So long a file that was changed may wait until the search and the desk know of it.
EVERY = timedelta(minutes=1)
DUE_NOW = (
    select(WATCHES.c.id)
    .where(
        WATCHES.c.due_at <= bindparam("now", type_=UtcDateTime()),
        WATCHES.c.leased_until.is_(None) | (WATCHES.c.leased_until < func.clock_timestamp()),
    )
    .with_for_update(skip_locked=True)
)
CLAIM = (
    update(WATCHES)
    .where(WATCHES.c.id.in_(DUE_NOW))
    .values(leased_until=func.clock_timestamp() + LEASE)
    .returning(WATCHES.c.id)
)


def claim(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lease the look at the pages, if it is time for one. Does not commit."""
    session.execute(insert(WATCHES).values(id=THE_PAGES, due_at=now).on_conflict_do_nothing())
    return session.execute(CLAIM, {"now": now}).scalars().all()


def watch(runtime: Runtime[Any], ids: Sequence[UUID]) -> None:
    """Tell the search of pages that changed, and the desk of those that are to be checked."""
    for watch_id in ids:
        now, shelf = runtime.clock.now(), library.of(runtime.settings.content_dir).look()
        with runtime.sessions() as session:
            commands.tell(session, shelf, at=now)
            commands.review(session, shelf, today=today_of(now), at=now)
            commands.look_again(session, watch_id, due=now + EVERY)


DUE = (DueWork("intake.guidance.watch", claim, watch, batch=1),)
