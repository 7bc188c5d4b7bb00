"""The texts that a provider is to forget: told until it has, and left to a person when it will not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlmodel import Session, col

from services.notify.channels.port import ChannelName, StillKept
from services.notify.erasing import rules
from services.notify.erasing.tables import KeptByProvider
from services.notify.messages.tables import Attempt
from shared.desk.items import WorkItem, open_item
from shared.messaging import wake_after_commit
from shared.messaging.work import LEASE

KIND = "provider-keeps-text"
NOT_FOUND = StillKept("provider-was-not-heard")


@dataclass(frozen=True)
class Told:
    """A text to have forgotten. Without `sid` nobody knows yet what the provider calls it."""

    id: UUID
    channel: ChannelName
    sid: str | None
    nothing_left: bool


def claim(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lease what the provider is to be told now. Does not commit."""
    lease = col(KeptByProvider.leased_until)
    chosen = (
        select(col(KeptByProvider.id))
        .where(col(KeptByProvider.due_at) <= now, or_(lease.is_(None), lease < func.clock_timestamp()))
        .order_by(col(KeptByProvider.due_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    leased = update(KeptByProvider).where(col(KeptByProvider.id).in_(chosen))
    done = leased.values(leased_until=func.clock_timestamp() + LEASE).returning(col(KeptByProvider.id))
    return list(session.execute(done).scalars())


def to_tell(session: Session, row_id: UUID) -> Told | None:
    row = session.get(KeptByProvider, row_id)
    if row is None:
        return None
    attempt = session.get(Attempt, row.attempt_id) if row.attempt_id else None
    sid = row.sid or (attempt.provider_sid if attempt else None)
    return Told(row.id, row.channel, sid, sid is None and rules.never_left(attempt))


def settle(session: Session, row_id: UUID, kept: StillKept | None, *, at: datetime) -> None:
    """Note what came of it. Where the provider will not forget, a person does it in its console. Commits."""
    row = session.get(KeptByProvider, row_id, with_for_update=True, populate_existing=True)
    if row is not None and kept is None:
        _forget_number(session, row)
        session.delete(row)
    elif row is not None and kept is not None:
        _try_again(session, row, kept, at)
    session.commit()


def _forget_number(session: Session, row: KeptByProvider) -> None:
    session.execute(update(Attempt).where(col(Attempt.id) == row.attempt_id).values(to_index=b""))


def _try_again(session: Session, row: KeptByProvider, kept: StillKept, at: datetime) -> None:
    again = rules.again_at(row.tries, kept.retry_after, at)
    row.tries, row.leased_until = row.tries + 1, None
    row.due_at = again or datetime.max.replace(year=9000, tzinfo=at.tzinfo)
    if again is None:
        attempt = session.get(Attempt, row.attempt_id) if row.attempt_id else None
        sid = row.sid or (attempt.provider_sid if attempt else None)
        open_item(
            session,
            kind=KIND,
            reason=kept.reason,
            subject_id=row.id,
            details={"sid": sid} if sid else {},
            dedupe_key=f"{KIND}:{row.id}",
            at=at,
        )


def try_again(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    """Tell the provider anew, as a person asked. Does not commit."""
    row = session.get(KeptByProvider, item.subject_id, with_for_update=True, populate_existing=True)
    if row is not None:
        row.tries, row.due_at, row.leased_until = 0, at, None
        wake_after_commit(session)


def deleted_by_hand(
    session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str
) -> None:
    """Take it that a person deleted the text at the provider. Does not commit."""
    row = session.get(KeptByProvider, item.subject_id, with_for_update=True, populate_existing=True)
    if row is not None:
        _forget_number(session, row)
        session.delete(row)
