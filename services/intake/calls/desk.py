"""What the desk can do about a call-back, a call about safety, a pause and a letter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from services.intake.calls import callbacks, queries, rules
from services.intake.calls.commands.callers import PAUSE
from services.intake.calls.commands.calling_back import LETTER
from services.intake.calls.commands.records import SAFEGUARDING
from services.intake.calls.tables import Ended
from shared.desk.actions import Fact, Kind, View, note_only
from shared.desk.items import WorkItem
from shared.errors import RuleBroken

REACHED, NOT_REACHED, LOOKED_AT, POSTED = "reached", "not-reached", "looked-at", "posted"


def reached(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    back = queries.call_back(session, item.subject_id, lock=True)
    if back is not None:
        callbacks.end(session, back, Ended.REACHED, at=at)


def not_reached(
    session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str
) -> None:
    """Close it as not reached. Raises TooEarly before it was tried often enough."""
    back = queries.call_back(session, item.subject_id, lock=True)
    if back is None:
        return
    if not rules.was_tried_enough([one.result for one in queries.attempts(session, back.id)]):
        raise rules.TooEarly("Try at least three times before you close this.")
    callbacks.end(session, back, Ended.NOT_REACHED, at=at)


def refuse(session: Session, item: WorkItem, params: Mapping[str, str], *, at: datetime, by: str) -> None:
    """A pause is agreed to on its own page, by somebody who is signed in."""
    raise RuleBroken("Open the page of this pause: a second person agrees to it there.")


def of_a_back(session: Session, item: WorkItem, language: str) -> View:
    """Return what the desk sees of a call-back; its number is shown on its own page."""
    back = queries.call_back(session, item.subject_id)
    if back is None:
        return View()
    facts = [
        Fact("page", f"/desk/call-backs/{back.id}"),
        Fact("due", back.due_at.isoformat(timespec="minutes")),
        Fact("audience", back.audience.value if back.audience else ""),
        Fact("language", back.language),
        Fact("tries", str(len(queries.attempts(session, back.id)))),
    ]
    return View([one for one in facts if one.value])


def of_a_call(session: Session, item: WorkItem, language: str) -> View:
    return View([Fact("page", f"/desk/calls/{item.subject_id}")])


def of_a_pause(session: Session, item: WorkItem, language: str) -> View:
    return View([Fact("page", f"/desk/calls/pauses/{item.subject_id}")])


DESK = {
    callbacks.KIND: Kind({REACHED: reached, NOT_REACHED: not_reached}, of_a_back),
    SAFEGUARDING: Kind({LOOKED_AT: note_only}, of_a_call),
    PAUSE: Kind({LOOKED_AT: refuse}, of_a_pause),
    LETTER: Kind({POSTED: note_only}, of_a_back),
}
