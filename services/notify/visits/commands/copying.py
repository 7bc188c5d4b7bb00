"""The same family on another visit day. Nothing here commits."""

from __future__ import annotations

from datetime import datetime

from services.notify.visits import private_links
from services.notify.visits.tables import Registration, VisitDay

# What is the same on another day: who comes, how it is reached, and what is known of that.
KEPT = (
    "name",
    "name_index",
    "phone",
    "email",
    "address",
    "companions",
    "special_needs",
    "papers_until",
    "escort_wanted",
    "from_page",
    "contact_index",
    "marks",
    "channel",
    "language",
    "adults",
    "child_age_bands",
    "first_visit",
    "minors_own_phone",
    "number_confirmed",
    "address_unproven",
    "number_asked_at",
)


def copied(registration: Registration, to: VisitDay, at: datetime) -> Registration:
    """Return a registration of the same family for another day, which is a row of no table yet."""
    kept = {name: getattr(registration, name) for name in KEPT}
    made = Registration(**kept, visit_day_id=to.id, created_at=at)
    private_links.seal(made)
    return made
