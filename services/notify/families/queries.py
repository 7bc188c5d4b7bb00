from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.notify.families.answers import Answers
from services.notify.families.tables import FamilyDraft
from services.notify.visits import rules
from services.notify.visits.queued import counts
from services.notify.visits.tables import COMING, Registration, VisitDay, VisitKind, VisitState
from shared.crypto import hash_secret

# More days than anybody looks through.
SHOWN = 100
# Whoever trains or informs people is found elsewhere.
KINDS = (VisitKind.CHILD_VISIT, VisitKind.FAMILY_VISIT)


@dataclass(frozen=True)
class Day:
    """A visit day as anybody may see it: how many places are left, and nothing of who has the others.

    A place that is kept for a family that waits is not left.
    """

    visit: VisitDay
    left: int

    @property
    def is_full(self) -> bool:
        return self.left <= 0


def days_ahead(session: Session, facility: str, at: datetime) -> list[Day]:
    """Return the days to come at a facility, the first one first."""
    ahead = _ahead(at).where(VisitDay.facility == facility).order_by(col(VisitDay.starts_at)).limit(SHOWN)
    return _counted(session, session.exec(ahead).all())


def day(session: Session, visit_id: UUID, at: datetime) -> Day | None:
    """Return a day that one can still register for, full or not."""
    found = _counted(session, session.exec(_ahead(at).where(VisitDay.id == visit_id)).all())
    return found[0] if found else None


def first_days(session: Session, at: datetime) -> dict[str, VisitDay]:
    """Return the first day to come of each facility that has one."""
    first = _ahead(at).ext(distinct_on(col(VisitDay.facility)))
    days = session.exec(first.order_by(col(VisitDay.facility), col(VisitDay.starts_at)))
    return {one.facility: one for one in days}


def _ahead(at: datetime) -> SelectOfScalar[VisitDay]:
    return select(VisitDay).where(
        VisitDay.state == VisitState.OPEN, col(VisitDay.starts_at) > at, col(VisitDay.kind).in_(KINDS)
    )


def _counted(session: Session, days: Sequence[VisitDay]) -> list[Day]:
    known = counts(session, [one.id for one in days])
    return [Day(one, one.capacity - known[one.id].coming - known[one.id].offered) for one in days]


def of_browser(session: Session, token: str, *, at: datetime, lock: bool = False) -> FamilyDraft | None:
    """Return what is being filled in in the browser that has this token, until it ends; sent ones as well."""
    if not token:
        return None
    wanted = select(FamilyDraft).where(
        col(FamilyDraft.token_hash) == hash_secret(token), col(FamilyDraft.ends_at) > at
    )
    found = session.exec(wanted.with_for_update() if lock else wanted).one_or_none()
    if found is not None and lock:
        session.refresh(found)
    return found


def answers_of(draft: FamilyDraft) -> Answers:
    return Answers.model_validate_json(draft.answers or "{}")


def visits_of_family(session: Session, registration: Registration, at: datetime) -> list[VisitDay]:
    """Return the visits to come of the same family, this one too if it comes: of its name and number alone.

    What somebody else may have typed under that name and number is not the family's until its owner says yes.
    """
    return [visit for _, visit in registrations_of_family(session, registration, at)]


def registrations_of_family(
    session: Session, registration: Registration, at: datetime
) -> list[tuple[Registration, VisitDay]]:
    rows = session.exec(
        select(Registration, VisitDay)
        .join(VisitDay, col(VisitDay.id) == col(Registration.visit_day_id))
        .where(
            Registration.contact_index == registration.contact_index,
            col(Registration.state).in_(COMING),
            VisitDay.state == VisitState.OPEN,
            col(VisitDay.starts_at) > at,
        )
        .order_by(col(VisitDay.starts_at))
    )
    own = rules.name_of(registration)
    return [
        (one, visit)
        for one, visit in rows
        if one.id == registration.id or (rules.name_of(one) == own and rules.may_be_written_to(one))
    ]
