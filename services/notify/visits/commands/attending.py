"""Who came: ticked off at the gate."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from services.notify.visits import queries, rules
from services.notify.visits.tables import COMING, Attendance, Registration, VisitState
from shared import audit
from shared.errors import Conflict, NotFound


def attend(
    session: Session,
    visit_id: UUID,
    registration_id: UUID,
    attendance: Attendance | None,
    *,
    who: str,
    at: datetime,
) -> Registration:
    """Note that a family came, came too late or did not come; None takes back what was noted. Idempotent.

    Raises NotFound for a registration of another visit day, and Conflict before the day itself, for a visit
    that was cancelled, and for a family that has no place.
    """
    visit = queries.visit_day(session, visit_id)
    row = session.get(Registration, registration_id, with_for_update=True, populate_existing=True)
    if row is None or row.visit_day_id != visit_id:
        raise NotFound("There is no registration with this id for this visit day.")
    if visit.state is VisitState.CANCELLED or row.state not in COMING:
        raise Conflict("This family has no place at a visit on this day.", "nobody-expected")
    if not rules.may_be_ticked(visit, at):
        raise Conflict("Who came is noted on the day itself and after it.", "not-yet-the-day")
    if row.attendance != attendance:
        row.attendance, row.attended_at = attendance, at if attendance else None
        deed = "registration.attendance"
        audit.record(session, who, deed, f"registration:{row.id}", at=at, why=attendance or "undone")
    session.commit()
    return row
