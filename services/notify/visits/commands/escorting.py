"""A family that would like somebody to go along: the desk asks it about that. The caller commits.

An escort is a question for intake, with needs and a yes to sharing that nobody gave on the way to a visit. So
a person asks for these first.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from services.notify.visits import rules
from services.notify.visits.tables import COMING, Registration
from shared.desk.items import open_item, resolve_all, whose

ESCORT_KIND = "escort-wanted"


def ask_for_escort(session: Session, registration: Registration, at: datetime) -> None:
    """Open a work item, once the number or address is known to be the family's own. Idempotent."""
    wanted = registration.escort_wanted and registration.state in COMING
    if not wanted or not rules.may_be_written_to(registration):
        return
    open_item(
        session,
        kind=ESCORT_KIND,
        reason="ask-for-escort",
        subject_id=registration.id,
        dedupe_key=f"{ESCORT_KIND}:{registration.id}",
        details={
            "registrationId": str(registration.id),
            "visitDayId": str(registration.visit_day_id),
            **whose(ages=registration.child_age_bands, language=registration.language),
        },
        at=at,
    )


def no_escort(session: Session, registration: Registration, reason: str, at: datetime) -> None:
    resolve_all(session, registration.id, reason, at=at, kinds=[ESCORT_KIND])
