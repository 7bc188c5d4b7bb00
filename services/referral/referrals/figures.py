"""The figures of referrals for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import Metric
from sqlalchemy import func, select
from sqlmodel import Session, col

from services.referral.referrals.tables import Offer, OfferState, Referral
from shared.figures import age, gauge


def figures(session: Session, now: datetime) -> Iterator[Metric]:
    counted = session.execute(select(col(Referral.status), func.count()).group_by(col(Referral.status))).all()
    yield gauge(
        "referrals",
        "Referrals by where they are",
        ["status"],
        {(status.value,): number for status, number in counted},
    )
    lapsed = session.execute(
        select(func.min(col(Offer.answer_by))).where(
            col(Offer.state) == OfferState.OPEN, col(Offer.answer_by) <= now
        )
    ).scalar_one()
    yield gauge(
        "offers_late_seconds",
        "How long the first offer whose time is over has waited for the next partner",
        [],
        {(): age(lapsed, now)},
    )
