"""What a family does on its own page: whoever has the link may. Each of these commits."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from services.notify.contacts.commands import suppress_by_index
from services.notify.contacts.queries import is_suppressed
from services.notify.families.commands import DAY, FAMILY, OF_NO_FACILITY
from services.notify.visits import commands as visits
from services.notify.visits import rules
from services.notify.visits.commands import Amendment
from services.notify.visits.tables import Registration, RegistrationState, VisitDay
from shared import audit, ceilings

# Each other number or address may be a stranger's, who is asked once whether it is theirs.
REACHES_A_DAY = 5
LINKS_A_DAY = 3


def says(session: Session, own: Registration, state: RegistrationState, *, at: datetime) -> None:
    """Record that the family comes, or does not. The page says so; no text does. Raises Conflict."""
    _amend(session, own, Amendment(state=state), at)


def changes(session: Session, own: Registration, amendment: Amendment, *, at: datetime) -> None:
    """Change who comes, or how the family is reached. Raises Invalid, TooMany and Conflict."""
    if amendment.channel is not None:
        ceilings.count(session, f"family-reach:{own.id}", DAY, REACHES_A_DAY, at)
    _amend(session, own, amendment, at)


def _amend(session: Session, own: Registration, amendment: Amendment, at: datetime) -> None:
    visits.amend(
        session,
        own.visit_day_id,
        own.id,
        amendment,
        at=at,
        within=OF_NO_FACILITY,
        who=FAMILY,
        on_page=amendment.channel is not None,
    )


def chooses(session: Session, own: Registration, visit_id: UUID, *, at: datetime) -> Registration:
    """Take another day in place of this one, and return that registration. Raises NotFound and Conflict."""
    return visits.switch(session, own.id, visit_id, at=at, who=FAMILY)


def stops(session: Session, own: Registration, *, at: datetime) -> None:
    """Write nothing more to this family's number or address, of whatever it is. Idempotent."""
    if own.channel.written is not None:
        suppress_by_index(session, own.channel, own.contact_index, reason="family-page", at=at)
        audit.record(session, FAMILY, "registration.stop", f"registration:{own.id}", at=at)
    session.commit()


def ends_link(session: Session, own: Registration, visit: VisitDay, *, at: datetime) -> bool:
    """End every link to this page and calendar. Returns whether the new one was sent to the family.

    Where nothing may be sent to it, whoever ended it is shown the new one. Raises TooMany.
    """
    ceilings.count(session, f"family-link:{own.id}", DAY, LINKS_A_DAY, at)
    session.refresh(own, with_for_update=True)
    visits.end_links(session, own)
    sent = _is_told(session, own) and rules.still_to_come(visit, at)
    if sent:
        visits.send_link(session, own, visit, at)
    audit.record(session, FAMILY, "registration.end-link", f"registration:{own.id}", at=at)
    session.commit()
    return sent


def _is_told(session: Session, own: Registration) -> bool:
    """Whether something that is written to this family arrives there."""
    written = own.channel.written is not None and rules.may_be_written_to(own)
    return written and not is_suppressed(session, own.channel, own.contact_index)
