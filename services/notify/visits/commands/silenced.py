"""A family registers with a number or address that wants no messages."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from services.notify.contacts.commands import unsuppress_by_index
from services.notify.contacts.queries import is_suppressed
from services.notify.visits import queries
from services.notify.visits.tables import Registration
from shared.desk.items import open_item, whose

SILENCED_KIND = "number-silenced"


def say_if_silenced(session: Session, registration: Registration, at: datetime) -> None:
    """Open a work item for a family that will hear nothing, though it comes."""
    if is_suppressed(session, registration.channel, registration.contact_index, for_good=True):
        open_item(
            session,
            kind=SILENCED_KIND,
            reason="wants-no-messages",
            subject_id=registration.id,
            dedupe_key=f"{SILENCED_KIND}:{registration.id}",
            details={
                "registrationId": str(registration.id),
                "visitDayId": str(registration.visit_day_id),
                **whose(language=registration.language),
            },
            at=at,
        )


def start_again(session: Session, registration_id: UUID) -> None:
    """Write to this family's number or address again, as its owner told a person. Does not commit."""
    registration, _ = queries.with_visit(session, [registration_id])[registration_id]
    unsuppress_by_index(session, registration.channel, registration.contact_index)
