"""Periods: how long each kind of data is kept, and the daily work of letting go of what is older."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from shared import audit
from shared.desk.tables import work_items
from shared.forgetting.batches import delete_some
from shared.forgetting.tables import erased, periods
from shared.messaging.work import LEASE, DueWork
from shared.runtime import Runtime
from shared.security.tables import api_keys

log = logging.getLogger(__name__)
EVERY, SOON = timedelta(days=1), timedelta(minutes=1)
BATCH, BATCHES = 500, 20
NAMESPACE = UUID("8d0b2a0e-6f5c-4b77-9d53-2f6f1f3a9c11")
# Lets go of at most `limit` rows from before a moment, at a moment, and returns how many. Does not commit.
Forget = Callable[[Session, datetime, int, datetime], int]


@dataclass(frozen=True)
class Period:
    """One kind of data. `setting` names the service's setting: `keep_<kind>_days`."""

    setting: str
    forget: Forget

    @property
    def kind(self) -> str:
        return self.setting.removeprefix("keep_").removesuffix("_days").replace("_", "-")

    @property
    def id(self) -> UUID:
        return uuid5(NAMESPACE, self.kind)

    def before(self, settings: Any, now: datetime) -> datetime:
        return now - timedelta(days=getattr(settings, self.setting))


def resolved_items(session: Session, before: datetime, limit: int, at: datetime) -> int:
    return delete_some(session, work_items, work_items.c.resolved_at < before, limit)


def old_journal(session: Session, before: datetime, limit: int, at: datetime) -> int:
    return delete_some(session, erased, erased.c.at < before, limit)


def revoked_keys(session: Session, before: datetime, limit: int, at: datetime) -> int:
    return delete_some(session, api_keys, api_keys.c.revoked_at < before, limit)


# Those of every service.
COMMON_PERIODS = (
    Period("keep_work_items_days", resolved_items),
    Period("keep_erasures_days", old_journal),
    Period("keep_revoked_keys_days", revoked_keys),
    Period("keep_audit_days", audit.over),
)


class Keeping:
    """The daily work of one service, which the dispatcher hands out like anything that falls due."""

    def __init__(self, service: str, own: Sequence[Period]) -> None:
        self.periods = {period.id: period for period in (*own, *COMMON_PERIODS)}
        self.due = DueWork(f"{service}.periods.keep", self.claim, self.keep)

    def claim(self, session: Session, now: datetime, limit: int) -> Sequence[UUID]:
        """Lease the periods whose day has come. Does not commit."""
        ours = [{"name": one.kind, "id": one.id, "due_at": now} for one in self.periods.values()]
        session.execute(insert(periods).values(ours).on_conflict_do_nothing())
        free = or_(periods.c.leased_until.is_(None), periods.c.leased_until < func.clock_timestamp())
        chosen = (
            select(periods.c.name)
            .where(periods.c.id.in_(list(self.periods)), periods.c.due_at <= now, free)
            .order_by(periods.c.name)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        taken = update(periods).where(periods.c.name.in_(chosen))
        return list(
            session.execute(
                taken.values(leased_until=func.clock_timestamp() + LEASE).returning(periods.c.id)
            ).scalars()
        )

    def keep(self, runtime: Runtime, ids: Sequence[UUID]) -> None:
        """Let go of what is older than these periods. One that fails is tried again when its lease ends."""
        for one in ids:
            period = self.periods.get(one)
            try:
                if period is not None:
                    self._keep(runtime, period)
            except Exception:
                log.exception("the period of %s was not kept", period.kind if period else one)

    def _keep(self, runtime: Runtime, period: Period) -> None:
        """A round is bounded; where more is left, the next round comes soon."""
        for _ in range(BATCHES):
            now = runtime.clock.now()
            with runtime.sessions() as session:
                gone = period.forget(session, period.before(runtime.settings, now), BATCH, now)
                session.execute(
                    update(periods)
                    .where(periods.c.id == period.id)
                    .values(
                        forgotten=periods.c.forgotten + gone,
                        kept_at=now,
                        due_at=now + (EVERY if gone < BATCH else SOON),
                        leased_until=None,
                    )
                )
                session.commit()
            if gone < BATCH:
                return
