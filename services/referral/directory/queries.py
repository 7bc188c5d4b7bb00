from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Text, and_, cast, func, text, true
from sqlmodel import Session, col, select

from services.referral.directory.tables import Organisation, Service

STAMP = text(
    "SELECT count(*), coalesce(sum(stamp), 0) FROM (SELECT xmin::text::bigint AS stamp FROM services"
    " UNION ALL SELECT xmin::text::bigint FROM organisations) AS both_tables"
)


@dataclass(frozen=True)
class Page:
    """One page of a list, numbered from 1."""

    rows: list[Any]
    total: int
    number: int
    size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


def all_services(session: Session) -> list[tuple[Service, Organisation]]:
    """Return every service with its organisation, read afresh, in no particular order."""
    statement = (
        select(Service, Organisation)
        .join(Organisation, col(Organisation.id) == col(Service.organisation_id))
        .execution_options(populate_existing=True)
    )
    return list(session.exec(statement).all())


def stamp(session: Session) -> tuple[int, int]:
    """Return a value that is different after every committed change of the directory.

    Each write leaves its transaction's number on the row (`xmin`), so no code has to keep a counter.
    """
    rows, sums = session.execute(STAMP).one()
    return int(rows), int(sums)


def services_by_id(session: Session, ids: Iterable[UUID]) -> dict[UUID, tuple[Service, Organisation]]:
    statement = (
        select(Service, Organisation)
        .join(Organisation, col(Organisation.id) == col(Service.organisation_id))
        .where(col(Service.id).in_(list(ids)))
    )
    return {service.id: (service, organisation) for service, organisation in session.exec(statement).all()}


def search(session: Session, words: Sequence[str], limit: int) -> list[tuple[Service, Organisation]]:
    """Return the active services in which each of these words stands, whatever its capitals.

    A name counts before what a service does.
    """
    named = func.concat_ws(" ", Organisation.name, Service.name)
    said = func.concat_ws(" ", named, Service.description, cast(col(Service.needs), Text))
    for_each = [said.icontains(word, autoescape=True) for word in words]
    by_name = [named.icontains(word, autoescape=True) for word in words]
    statement = (
        select(Service, Organisation)
        .join(Organisation, col(Organisation.id) == col(Service.organisation_id))
        .where(col(Service.active), *for_each)
        .order_by(and_(true(), *by_name).desc(), col(Organisation.name), col(Service.id))
        .limit(limit)
    )
    return list(session.exec(statement).all())


def service_page(session: Session, number: int, size: int) -> Page:
    """Return a page of the active services, ordered by the name of their organisation."""
    total = session.exec(select(func.count()).select_from(Service).where(col(Service.active))).one()
    rows = session.exec(
        select(Service, Organisation)
        .join(Organisation, col(Organisation.id) == col(Service.organisation_id))
        .where(col(Service.active))
        .order_by(Organisation.name, col(Service.id))
        .offset((number - 1) * size)
        .limit(size)
    ).all()
    return Page(list(rows), total, number, size)


def organisation_page(session: Session, number: int, size: int) -> Page:
    total = session.exec(select(func.count()).select_from(Organisation)).one()
    rows = session.exec(
        select(Organisation)
        .order_by(Organisation.name, col(Organisation.id))
        .offset((number - 1) * size)
        .limit(size)
    ).all()
    return Page(list(rows), total, number, size)
