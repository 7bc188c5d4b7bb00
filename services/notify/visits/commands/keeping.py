"""Places that are kept for families whose visit was called off: a new day is offered to them first.

A family is offered one day at a time, and once: whatever it says to that, or does not say, settles it. Where
that day is off in its turn, it waits for the next one. The caller has locked the visit day, and commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col, select

from services.notify.visits import rules, waiting
from services.notify.visits.commands.copying import copied
from services.notify.visits.mass import queries as mass
from services.notify.visits.mass.tables import KeptPlace
from services.notify.visits.tables import Registration, RegistrationState, VisitDay
from shared import audit
from shared.crypto import Unreadable

# So many more are looked at than there are places: some cannot be told in time, or at all.
SPARE = 50


def line_up(session: Session, visit: VisitDay, free: int, at: datetime) -> None:
    """Put as many families in the queue as there are places free for, each in the turn that it had before.

    Whose number nobody proved comes in the queue beside them: a person tells it.
    """
    seen: set[tuple[bytes, bytes | None]] = set()
    for registration_id in mass.first_in_turn(session, visit, free + SPARE):
        if free <= 0:
            return
        family = _read(session, registration_id)
        key = (bytes(family.contact_index), family.name_index) if family else None
        # A family that lost several visits is offered this day once.
        if family is None or key in seen or waiting.offer(visit, family, at) is None:
            continue
        seen.add((bytes(family.contact_index), family.name_index))
        free -= rules.may_be_written_to(_put_in_line(session, visit, family, at))


def _read(session: Session, registration_id: UUID) -> Registration | None:
    """Return a registration, or None for one that cannot be read: others are not kept waiting by it."""
    try:
        return session.get(Registration, registration_id)
    except Unreadable:
        return None


def _put_in_line(session: Session, visit: VisitDay, family: Registration, at: datetime) -> Registration:
    kept = session.exec(select(KeptPlace).where(KeptPlace.registration_id == family.id)).one()
    made = copied(family, visit, at)
    made.state, made.waiting_since = RegistrationState.WAITING, kept.since
    session.add(made)
    session.flush()
    kept.offered_as = made.id
    session.flush()
    audit.record(session, "system", "registration.add", f"registration:{made.id}", at=at)
    return made


def has_line(session: Session, visit: VisitDay) -> bool:
    """Whether this is a day that is offered to those whose visit was called off."""
    return (
        session.exec(
            select(KeptPlace.id)
            .join(Registration, col(Registration.id) == col(KeptPlace.offered_as))
            .where(Registration.visit_day_id == visit.id)
            .limit(1)
        ).first()
        is not None
    )


def settle(session: Session, registration: Registration, at: datetime) -> None:
    """Note that a family took the place that it was offered, or does not want it."""
    session.execute(
        update(KeptPlace)
        .where(col(KeptPlace.offered_as) == registration.id, col(KeptPlace.settled_at).is_(None))
        .values(settled_at=at)
    )


def keep_on(session: Session, line: Sequence[Registration]) -> None:
    """Let those whose new day is off too, before they answered, be offered another one."""
    session.execute(
        update(KeptPlace)
        .where(col(KeptPlace.offered_as).in_([one.id for one in line]), col(KeptPlace.settled_at).is_(None))
        .values(offered_as=None)
    )
