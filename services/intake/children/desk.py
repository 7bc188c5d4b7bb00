"""What the desk can do about what a child wrote: it is answered on a page of its own."""

from __future__ import annotations

from sqlmodel import Session

from services.intake.children.commands import CHILD_WROTE
from services.intake.children.tables import Box
from services.intake.conversations.desk import NO_ANSWER_NEEDED
from shared.desk.actions import Fact, Kind, View, note_only
from shared.desk.items import WorkItem

PAGE = "/desk/children/{box_id}"


def describe(session: Session, item: WorkItem, language: str) -> View:
    """Tell how old the child is and where; its words stand on the page alone."""
    box = session.get(Box, item.subject_id)
    if box is None:
        return View()
    return View(
        [
            Fact("page", PAGE.format(box_id=box.id)),
            Fact("child-age", str(box.age)),
            Fact("child-country", box.country),
            Fact("language", box.language),
        ]
    )


DESK = {
    CHILD_WROTE: Kind(
        {NO_ANSWER_NEEDED: note_only},
        describe,
        for_many=(NO_ANSWER_NEEDED,),
        # Somebody among them may be in danger.
        asked_again=(NO_ANSWER_NEEDED,),
    )
}
