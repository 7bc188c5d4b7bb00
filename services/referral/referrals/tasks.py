from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Table, bindparam, func, select, update
from sqlmodel import Session

from services.referral.referrals import commands
from services.referral.referrals.tables import Offer, OfferState
from services.referral.settings import ReferralSettings
from shared.database.columns import UtcDateTime
from shared.messaging import DueWork
from shared.messaging.work import LEASE
from shared.runtime import Runtime

log = logging.getLogger(__name__)


def claim_nudges(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lease open offers whose partner has not answered and is to be nudged now, and return their ids."""
    return session.execute(CLAIM_NUDGES, {"now": now, "limit": limit}).scalars().all()


def claim_expiries(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Lease open offers whose time to answer is over, and return their ids."""
    return session.execute(CLAIM_EXPIRIES, {"now": now, "limit": limit}).scalars().all()


def nudge(runtime: Runtime[ReferralSettings], ids: Sequence[UUID]) -> None:
    _each(runtime, ids, commands.nudge)


def expire(runtime: Runtime[ReferralSettings], ids: Sequence[UUID]) -> None:
    _each(runtime, ids, partial(commands.expire, auto_offer=runtime.settings.auto_offer))


DUE = (
    DueWork("referral.offers.nudge", claim_nudges, nudge),
    DueWork("referral.offers.expire", claim_expiries, expire),
)


def _claim(*due: ColumnElement[bool]) -> Any:
    lease = OFFERS.c.leased_until
    chosen = (
        select(OFFERS.c.id)
        .where(OFFERS.c.state == OfferState.OPEN, lease.is_(None) | (lease < func.clock_timestamp()), *due)
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(skip_locked=True)
    )
    leased = update(OFFERS).where(OFFERS.c.id.in_(chosen)).values(leased_until=func.clock_timestamp() + LEASE)
    return leased.returning(OFFERS.c.id)


# The dispatcher runs these many times a second, so the statements are built once.
OFFERS: Table = Offer.__table__  # type: ignore[attr-defined]
NOW = bindparam("now", type_=UtcDateTime())
CLAIM_NUDGES = _claim(OFFERS.c.nudge_at <= NOW, OFFERS.c.nudged_at.is_(None), OFFERS.c.answer_by > NOW)
CLAIM_EXPIRIES = _claim(OFFERS.c.answer_by <= NOW)


def _each(runtime: Runtime[ReferralSettings], ids: Sequence[UUID], command: Callable[..., None]) -> None:
    """Run the command for each offer. One that fails keeps its lease and is claimed again when it ends."""
    for offer_id in ids:
        with runtime.sessions() as session:
            try:
                command(session, offer_id, at=runtime.clock.now())
            except Exception:
                log.exception("an offer is left to its lease")
