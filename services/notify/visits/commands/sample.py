"""Visit days to try things out with: of the next weeks, at a few places."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from services.notify.visits.commands.publishing import Opening, Publisher, publish
from services.notify.visits.tables import VisitKind
from shared.errors import Conflict
from shared.geography import Facility, facility

PLACES = ("nl-pi-lelystad", "nl-pi-vught", "be-gevangenis-gent")
WEEKS, PLACES_A_DAY = 6, 12
WEDNESDAY, SATURDAY = 2, 5
KINDS = {WEDNESDAY: VisitKind.CHILD_VISIT, SATURDAY: VisitKind.FAMILY_VISIT}


def load_sample(session: Session, *, at: datetime) -> None:
    """Publish them. Idempotent: those that are there stay as they are, whatever was changed about them."""
    for one in filter(None, map(facility, PLACES)):
        for day in _days(at.astimezone(ZoneInfo(one.zone)).date()):
            try:
                publish(session, _opening(one, day), Publisher("sample"), at=at)
            except Conflict:
                session.rollback()


def _days(today: date) -> Iterator[date]:
    """Return the Wednesdays and Saturdays of the next weeks, but not those of this one and the next."""
    monday = today - timedelta(days=today.weekday())
    for week in range(2, 2 + WEEKS):
        yield from (monday + timedelta(weeks=week, days=day) for day in KINDS)


def _opening(one: Facility, day: date) -> Opening:
    return Opening(
        facility=one.id,
        country=one.country,
        place=one.city,
        zone=one.zone,
        visit_date=day,
        start_time=time(13, 30),
        end_time=time(15, 30),
        capacity=PLACES_A_DAY,
        kind=KINDS[day.weekday()],
    )
