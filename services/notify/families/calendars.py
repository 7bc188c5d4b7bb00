"""A visit in somebody's calendar: a discreet title, the town, and nothing of what it is. No I/O."""

from __future__ import annotations

from collections.abc import Sequence

from icalendar import Calendar, Event

from services.notify.visits.tables import COMING, Registration, VisitDay, VisitState
from shared.web import pages

MEDIA_TYPE = "text/calendar; charset=utf-8"


def calendar(pairs: Sequence[tuple[Registration, VisitDay]], language: str) -> bytes:
    """Return these visits as an iCalendar file (RFC 5545); one that is off is marked as cancelled."""
    made = Calendar()
    made.add("prodid", "-//Weerzien//Agenda//NL")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    for registration, visit in pairs:
        made.add_component(_event(registration, visit, language))
    written: bytes = made.to_ical()
    return written


def _event(registration: Registration, visit: VisitDay, language: str) -> Event:
    stands = registration.state in COMING and visit.state is VisitState.OPEN
    event = Event()
    event.add("uid", f"{registration.id}@weerzien")
    event.add("sequence", visit.version - 1)
    event.add("dtstamp", visit.changed_at)
    event.add("dtstart", visit.starts_at)
    event.add("dtend", visit.ends_at)
    event.add("summary", pages.texts().text(language, "page.title"))
    event.add("location", visit.place)
    event.add("class", "PRIVATE")
    event.add("status", "CONFIRMED" if stands else "CANCELLED")
    return event
