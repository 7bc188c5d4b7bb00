"""Looks for sample services that are active beside real ones."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from services.doctor.finding import Finding
from services.referral.directory.tables import Organisation, Service


def examine(engine: Engine) -> Iterator[Finding]:
    """Yield a notice if samples are active: an advice request offered to a sample reaches nobody."""
    with Session(engine) as session:
        counted = session.exec(
            select(Organisation.sample, func.count())
            .join(Service, col(Service.organisation_id) == col(Organisation.id))
            .where(col(Service.active))
            .group_by(col(Organisation.sample))
        ).all()
    active = dict(counted)
    if active.get(True) and active.get(False):
        yield Finding(
            "notice",
            f"sample services are active ({active[True]}) beside real ones ({active[False]}): what is offered"
            " to them reaches nobody. Import their rows with `active` on `no`",
        )
