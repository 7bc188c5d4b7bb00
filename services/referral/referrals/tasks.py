from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, update
from sqlmodel import Session, col, select

from services.referral.referrals import commands
from services.referral.referrals.tables import Offer, OfferState
from shared.messaging import DueWork, task
from shared.messaging.work import LEASE
from shared.runtime import current

log = logging.getLogger(__name__)


def claim_nudges(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    """Open offers whose partner has been quiet for long enough and was not asked again yet."""
    due = (col(Offer.nudge_at) <= now) & col(Offer.nudged_at).is_(None) & (col(Offer.answer_by) > now)
    return _claim(session, due, limit)


def claim_expiries(session: Session, now: datetime, limit: int) -> Sequence[UUID]:
    return _claim(session, col(Offer.answer_by) <= now, limit)


@task("referral.offers.nudge")
def nudge(ids: list[str]) -> None:
    _each(ids, commands.nudge)


@task("referral.offers.expire")
def expire(ids: list[str]) -> None:
    _each(ids, partial(commands.expire, auto_offer=current().settings.auto_offer))


DUE = [
    DueWork("offers-to-nudge", claim_nudges, "referral.offers.nudge"),
    DueWork("offers-to-expire", claim_expiries, "referral.offers.expire"),
]


def _claim(session: Session, due: ColumnElement[bool], limit: int) -> Sequence[UUID]:
    free = or_(col(Offer.leased_until).is_(None), col(Offer.leased_until) < func.clock_timestamp())
    ids = session.exec(
        select(Offer.id)
        .where(Offer.state == OfferState.OPEN, due, free)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if ids:
        session.execute(
            update(Offer)
            .where(col(Offer.id).in_(ids))
            .values(leased_until=func.clock_timestamp() + LEASE)
            .execution_options(synchronize_session=False)
        )
    return ids


def _each(ids: Sequence[str], command: Callable[..., None]) -> None:
    """One that fails keeps its lease and is found again; the others go on."""
    runtime = current()
    for one in ids:
        with runtime.sessions() as session:
            try:
                command(session, UUID(one), at=runtime.clock.now())
            except Exception:
                log.exception("an offer is left to its lease")
