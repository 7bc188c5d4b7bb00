"""Seeing who was reached, and putting on the call list who was not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from services.notify.messages.rules import FAILED, OUTSIDE_WINDOW, UNHEARD
from services.notify.visits.commands.calling import CALL_KIND, TO_SAY
from services.notify.visits.mass import queries, rules
from services.notify.visits.mass.commands_telling import PURPOSES
from services.notify.visits.mass.tables import FamilyState, MassChange, MassState
from shared.desk.items import open_item, resolve_all_of, whose

AT_ONCE = 200
TURNED_OUT = "turned-out-delivered"


def follow(session: Session, change_id: UUID, *, at: datetime) -> bool:
    """Bring the call list of a mass change up to what is known now; True if more is to be done at once.

    Who failed is on the list already; who is not known to be reached half an hour after the text should have
    gone comes on it now; who was reached after all leaves it. Idempotent.
    """
    change = queries.locked(session, change_id)
    if change.state is not MassState.CONFIRMED or change.look_at is None:
        session.rollback()
        return False
    session.execute(LIST_FAILED, {"change": change_id, "at": at})
    _forget_who_was_reached(session, change_id, at)
    silent = session.execute(SILENT, {"change": change_id, "late": at - rules.CALLED_AFTER, "limit": AT_ONCE})
    rows = list(silent)
    for row in rows:
        _ask_to_call(session, change, row.registration_id, row.visit_day_id, row.language, at)
    session.execute(LIST, {"ids": [row.id for row in rows], "at": at})
    more = len(rows) == AT_ONCE
    change.look_at, change.leased_until = at if more else rules.look_again(change, at), None
    session.commit()
    return more


FAILED_STATES = ", ".join(f"'{state}'" for state in sorted(FAILED))
NOT_HEARD = ", ".join(f"'{reason}'" for reason in sorted(UNHEARD))
REACHED = "(m.state = 'delivered' OR (m.channel = 'email' AND m.state = 'accepted'))"
# Each of these is a work item of its own by now (`messages.commands.consequences`).
LIST_FAILED = text(f"""
    UPDATE mass_change_families f SET listed_at = :at FROM messages m
    WHERE f.mass_change_id = :change AND f.state = '{FamilyState.TOLD}' AND f.listed_at IS NULL
      AND m.id = f.message_id
      AND (m.state IN ({FAILED_STATES}) OR (m.state = 'void' AND m.reason IN ({NOT_HEARD})))
""")
# What waits for its window is not late; what is tried again is late by when it first should have gone.
SILENT = text(f"""
    SELECT f.id, f.registration_id, f.visit_day_id, f.language
    FROM mass_change_families f JOIN messages m ON m.id = f.message_id
    WHERE f.mass_change_id = :change AND f.state = '{FamilyState.TOLD}' AND f.listed_at IS NULL
      AND NOT {REACHED} AND m.state NOT IN ('void', {FAILED_STATES}) AND m.erased_at IS NULL
      AND CASE WHEN m.state = 'planned' AND m.reason <> '{OUTSIDE_WINDOW}' THEN f.due_at
               ELSE greatest(f.due_at, m.due_at) END <= :late
    ORDER BY f.leaves_at, f.id LIMIT :limit
    FOR UPDATE OF f
""")
LIST = text("UPDATE mass_change_families SET listed_at = :at WHERE id = ANY (CAST(:ids AS uuid[]))")
LISTED_AND_REACHED = text(f"""
    SELECT f.registration_id FROM mass_change_families f JOIN messages m ON m.id = f.message_id
    JOIN work_items w ON w.subject_id = f.registration_id AND w.kind = '{CALL_KIND}' AND w.resolved_at IS NULL
    WHERE f.mass_change_id = :change AND f.listed_at IS NOT NULL AND {REACHED}
""")


def _forget_who_was_reached(session: Session, change_id: UUID, at: datetime) -> None:
    found: Sequence[UUID] = session.execute(LISTED_AND_REACHED, {"change": change_id}).scalars().all()
    resolve_all_of(session, found, TURNED_OUT, at=at, kinds=[CALL_KIND])


def _ask_to_call(
    session: Session, change: MassChange, registration_id: UUID, day_id: UUID, language: str, at: datetime
) -> None:
    open_item(
        session,
        kind=CALL_KIND,
        reason=TO_SAY[PURPOSES[change.action]],
        subject_id=registration_id,
        dedupe_key=f"{CALL_KIND}:{registration_id}",
        details={
            "registrationId": str(registration_id),
            "visitDayId": str(day_id),
            "massChangeId": str(change.id),
            **whose(language=language),
        },
        at=at,
    )
