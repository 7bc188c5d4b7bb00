"""The postbus: stands in for a channel that has no provider, and shows what would have been sent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from operator import itemgetter
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select

from services.notify.channels.port import (
    Accepted,
    ChannelName,
    Missing,
    NotSent,
    Outcome,
    Outgoing,
    ProviderStatus,
    Seen,
    StillKept,
)
from services.notify.channels.tables import Posted
from shared import audit
from shared.clock import Clock
from shared.database.encrypted import of_row
from shared.database.paging import FIRST, Order, Page, Slice, page_of
from shared.ids import new_id
from shared.security.keystore import ApiKey

NEWEST_FIRST = Order("postbus", (col(Posted.sent_at), col(Posted.id)), descending=True)


class Postbus:
    """A channel on which a message is delivered as soon as it is stored. Idempotent for an attempt."""

    calls_at_once = 25

    def __init__(self, name: ChannelName, sessions: Callable[[], Session], clock: Clock) -> None:
        self.name = name
        self._sessions = sessions
        self._clock = clock

    def send(self, outgoing: Outgoing) -> Outcome:
        id = new_id()
        row = insert(Posted).values(
            id=id,
            attempt_id=outgoing.attempt_id,
            channel=self.name,
            to=of_row(id, outgoing.to),
            subject=of_row(id, outgoing.subject),
            text=of_row(id, outgoing.body),
            sent_at=self._clock.now(),
        )
        try:
            with self._sessions() as session:
                session.execute(row.on_conflict_do_nothing(index_elements=["attempt_id"]))
                session.commit()
        except OperationalError:
            return NotSent("postbus-cannot-be-reached")
        return Accepted(str(outgoing.attempt_id), ProviderStatus.DELIVERED)

    def look(self, since: datetime, until: datetime, attempts: Collection[UUID]) -> Sequence[Seen | Missing]:
        """Read the table: an attempt that is not in it was never posted."""
        query = select(Posted).where(col(Posted.attempt_id).in_(attempts))
        try:
            with self._sessions() as session:
                posted = {row.attempt_id: row for row in session.exec(query)}
        except OperationalError:
            return []
        return [_seen(posted[attempt]) if attempt in posted else Missing(attempt) for attempt in attempts]

    def forget(self, sid: str) -> StillKept | None:
        try:
            with self._sessions() as session:
                session.execute(delete(Posted).where(col(Posted.attempt_id) == UUID(sid)))
                session.commit()
        except ValueError:
            # A text that came in was never in the postbus.
            return None
        except OperationalError:
            return StillKept("postbus-cannot-be-reached")
        return None


def _seen(row: Posted) -> Seen:
    return Seen(
        str(row.attempt_id), row.to, ProviderStatus.DELIVERED, None, row.sent_at, attempt_id=row.attempt_id
    )


def newest(session: Session, wanted: Slice = FIRST) -> Page[Posted]:
    """Return what would have been sent, the newest first."""
    return page_of(session, select(Posted), NEWEST_FIRST, wanted).each(itemgetter(0))


def looked(session: Session, key: ApiKey | None, *, at: datetime) -> None:
    """Note that somebody with a key reads what would have been sent. On a machine of its own nothing is real.

    Commits.
    """
    if key is not None:
        audit.record(session, f"key:{key.id}", "reveal.words", "postbus", at=at, why="list")
        session.commit()
