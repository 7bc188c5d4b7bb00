"""What the desk of notify sees of families that no text may reach, and can do about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from babel.dates import format_date
from sqlmodel import Session

from services.notify.desk import desk
from services.notify.visits import queries
from services.notify.visits.commands import vouch
from services.notify.visits.commands.planning import NUMBER_KIND
from shared.desk.actions import SETTLED_BY_TELEPHONE, Fact, View, note_only
from shared.desk.items import WorkItem


def number_confirmed(
    session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str
) -> None:
    """A person has spoken to the owner of the number: texts may go there. Twice is as once."""
    vouch(session, item.subject_id, at=at)


def describe(session: Session, item: WorkItem, language: str) -> View:
    found = queries.with_visit(session, [item.subject_id]).get(item.subject_id)
    if found is None:
        return View()
    one, visit = found
    day = format_date(visit.visit_date, "full", locale=language)
    return View(
        [
            Fact("name", one.name),
            Fact("phone", one.phone or ""),
            Fact("visit", f"{day}, {visit.start_time:%H:%M}, {visit.place}"),
            Fact("registration", str(one.id)),
        ]
    )


desk.register(
    NUMBER_KIND,
    actions={SETTLED_BY_TELEPHONE: note_only, "number-confirmed": number_confirmed},
    describe=describe,
)
