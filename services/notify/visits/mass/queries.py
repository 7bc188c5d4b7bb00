from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, text, tuple_
from sqlmodel import Session, col, select

from services.notify.visits import queries as visits
from services.notify.visits.mass.tables import (
    FamilyState,
    KeptPlace,
    MassChange,
    MassChangeDay,
    MassChangeFamily,
    MassState,
)
from services.notify.visits.tables import COMING, ChangeKind, Registration, VisitDay, VisitState
from shared.database.paging import FIRST, Order, Page, Slice, page_of
from shared.errors import NotFound

NO_SUCH_CHANGE = "There is no mass change with this id."
LATEST_FIRST = Order("mass-changes", (col(MassChange.asked_at), col(MassChange.id)), descending=True)
COMING_NOW = ", ".join(f"'{state}'" for state in COMING)


def change(session: Session, change_id: UUID) -> MassChange:
    """Raises NotFound."""
    found = session.get(MassChange, change_id)
    if found is None:
        raise NotFound(NO_SUCH_CHANGE)
    return found


def locked(session: Session, change_id: UUID) -> MassChange:
    """Lock a mass change and return it as it is now. Raises NotFound."""
    found = session.get(MassChange, change_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(NO_SUCH_CHANGE)
    return found


def facility_of(session: Session, change_id: UUID) -> str | None:
    return session.exec(select(MassChange.facility).where(MassChange.id == change_id)).one_or_none()


def changes(
    session: Session,
    facility: str | None = None,
    wanted: Slice = FIRST,
    *,
    among: Collection[str] | None = None,
) -> Page[MassChange]:
    """Return mass changes, the latest first. `among`: only those of these facilities."""
    chosen = select(MassChange)
    if facility is not None:
        chosen = chosen.where(MassChange.facility == facility)
    if among is not None:
        chosen = chosen.where(col(MassChange.facility).in_(among))
    return page_of(session, chosen, LATEST_FIRST, wanted).each(itemgetter(0))


def one_facility_at_a_time(session: Session, change_id: UUID) -> None:
    """Wait for others who call off days of the same facility, or publish one there. Raises NotFound."""
    facility = facility_of(session, change_id)
    if facility is None:
        raise NotFound(NO_SUCH_CHANGE)
    hold_publishing(session, facility)


def hold_publishing(session: Session, facility: str) -> None:
    visits.one_at_a_time(session, f"visits-of:{facility}")


def stop(session: Session, facility: str, day: date) -> MassChange | None:
    """Return what called visits to this facility off on this day until further notice, or None."""
    return session.exec(
        select(MassChange)
        .where(
            MassChange.facility == facility,
            MassChange.state == MassState.CONFIRMED,
            MassChange.action == ChangeKind.CALL_OFF,
            col(MassChange.until_further_notice),
            col(MassChange.first_date) <= day,
            func.coalesce(col(MassChange.last_date), day) >= day,
        )
        .limit(1)
    ).one_or_none()


def days_meant(session: Session, change: MassChange, at: datetime) -> Sequence[VisitDay]:
    """Return the open visit days that a change is about, the earliest first, as they are now."""
    chosen = select(VisitDay).where(
        VisitDay.facility == change.facility,
        col(VisitDay.visit_date) >= change.first_date,
        VisitDay.state == VisitState.OPEN,
        col(VisitDay.starts_at) > at,
    )
    if change.last_date is not None:
        chosen = chosen.where(col(VisitDay.visit_date) <= change.last_date)
    in_turn = chosen.order_by(col(VisitDay.starts_at), col(VisitDay.id))
    return session.exec(in_turn.execution_options(populate_existing=True)).all()


def days_shown(session: Session, change_id: UUID) -> Sequence[MassChangeDay]:
    return session.exec(
        select(MassChangeDay)
        .where(MassChangeDay.mass_change_id == change_id)
        .order_by(col(MassChangeDay.was_at), col(MassChangeDay.visit_day_id))
    ).all()


def families(session: Session, change_id: UUID) -> int:
    return session.exec(
        select(func.count()).where(
            MassChangeFamily.mass_change_id == change_id, MassChangeFamily.state != FamilyState.LEFT
        )
    ).one()


def forget_shown(session: Session, change_id: UUID) -> None:
    """Forget which days and families were shown. Does not commit."""
    session.execute(delete(MassChangeFamily).where(col(MassChangeFamily.mass_change_id) == change_id))
    session.execute(delete(MassChangeDay).where(col(MassChangeDay.mass_change_id) == change_id))


def has_changed(session: Session, change: MassChange, days: Sequence[VisitDay]) -> bool:
    """Whether it would do anything that was not shown: another day, another version, another family, another
    way to reach one. That somebody no longer comes changes nothing: they are told nothing.
    """
    shown = {(one.visit_day_id, one.version) for one in days_shown(session, change.id)}
    if shown != {(one.id, one.version) for one in days}:
        return True
    return bool(session.execute(UNSHOWN, {"change": change.id}).first())


# How a family is reached, as `rules.may_be_written_to` and the channels decide when the text is sent.
REACH = """
    CASE
      WHEN r.channel NOT IN ('sms', 'email') THEN 'no-written-channel'
      WHEN NOT (r.number_confirmed OR (r.channel = 'email' AND NOT r.address_unproven)) THEN 'unproven'
      WHEN EXISTS (
        SELECT FROM suppressions s WHERE s.channel = r.channel AND s.address_index = r.contact_index
      ) THEN 'suppressed'
      ELSE r.channel
    END
"""
UNSHOWN = text(f"""
    SELECT 1
    FROM mass_change_days d
    JOIN registrations r ON r.visit_day_id = d.visit_day_id
    LEFT JOIN mass_change_families f ON f.mass_change_id = d.mass_change_id AND f.registration_id = r.id
    WHERE d.mass_change_id = :change AND r.state IN ({COMING_NOW})
      AND (f.id IS NULL OR f.reach <> {REACH} OR f.language <> r.language)
    LIMIT 1
""")


@dataclass(frozen=True)
class Progress:
    """How many families a change is about, and how far it is with them.

    `waiting`: their text is not with the provider yet. `settled`: reached, with a person, or no longer to be
    told.
    """

    families: int = 0
    suppressed: int = 0
    handed_over: int = 0
    reached: int = 0
    reached_before_departure: int = 0
    call_list: int = 0
    waiting: int = 0
    settled: int = 0


# A mail is as far as anybody hears of it once its server took it.
PROGRESS = text("""
    WITH seen AS (
      SELECT f.state, f.listed_at, f.leaves_at,
        coalesce(m.state IN ('accepted', 'delivered', 'undelivered'), false) AS handed_over,
        f.state = 'waiting' OR coalesce(m.state IN ('planned', 'in-flight'), false) AS waits,
        coalesce(m.state = 'void', false) AS needless,
        coalesce(m.state = 'delivered' OR (m.channel = 'email' AND m.state = 'accepted'), false) AS reached,
        CASE WHEN m.channel = 'email' AND m.state = 'accepted'
          THEN (SELECT max(a.finished_at) FROM attempts a WHERE a.message_id = m.id)
          ELSE m.arrived_at END AS reached_at
      FROM mass_change_families f LEFT JOIN messages m ON m.id = f.message_id
      WHERE f.mass_change_id = :change AND f.state <> 'left'
    )
    SELECT count(*), count(*) FILTER (WHERE state <> 'previewed'), count(*) FILTER (WHERE handed_over),
      count(*) FILTER (WHERE reached), count(*) FILTER (WHERE reached AND reached_at <= leaves_at),
      count(*) FILTER (WHERE listed_at IS NOT NULL AND NOT reached),
      count(*) FILTER (WHERE waits),
      count(*) FILTER (WHERE reached OR listed_at IS NOT NULL OR needless)
    FROM seen
""")


def progress(session: Session, change_id: UUID) -> Progress:
    return Progress(*session.execute(PROGRESS, {"change": change_id}).one())


def unreached(session: Session, change_id: UUID, limit: int) -> list[dict[str, Any]]:
    """Return families that no text can reach, and why, in the order of their visits."""
    rows = session.execute(UNREACHED, {"change": change_id, "limit": limit})
    return [{"registration_id": row[0], "visit_day_id": row[1], "reason": row[2]} for row in rows]


UNREACHED = text("""
    SELECT f.registration_id, f.visit_day_id, f.reach
    FROM mass_change_families f JOIN mass_change_days d
      ON d.mass_change_id = f.mass_change_id AND d.visit_day_id = f.visit_day_id
    WHERE f.mass_change_id = :change AND f.state <> 'left' AND f.reach NOT IN ('sms', 'email')
    ORDER BY d.was_at, f.registration_id LIMIT :limit
""")


def first_in_turn(session: Session, visit: VisitDay, limit: int) -> Sequence[UUID]:
    """Return the registrations whose families have a place kept for a day like this one, the first in turn.

    They are those of the same facility and kind whose visit was called off, in the order in which they had
    registered; not those that are registered for this day already, or were erased.
    """
    here = select(Registration.contact_index, Registration.name_index).where(
        Registration.visit_day_id == visit.id, col(Registration.state).in_(COMING)
    )
    return session.exec(
        select(KeptPlace.registration_id)
        .join(Registration, col(Registration.id) == col(KeptPlace.registration_id))
        .where(
            KeptPlace.facility == visit.facility,
            KeptPlace.kind == visit.kind,
            col(KeptPlace.settled_at).is_(None),
            col(KeptPlace.until) >= visit.visit_date,
            col(Registration.erased_at).is_(None),
            tuple_(col(Registration.contact_index), col(Registration.name_index)).not_in(here),
        )
        .order_by(col(KeptPlace.since), col(KeptPlace.registration_id))
        .limit(limit)
    ).all()
