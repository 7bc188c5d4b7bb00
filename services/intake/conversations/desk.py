"""What the desk can do about words of an asker that nobody has read yet."""

from __future__ import annotations

from sqlmodel import Session

from services.intake.conversations.commands import ASKER_WROTE
from shared.desk.actions import Kind, View, note_only
from shared.desk.items import WorkItem

NO_ANSWER_NEEDED = "no-answer-needed"


def describe(session: Session, item: WorkItem, language: str) -> View:
    """Tell whose words they are; the words stand in the conversation alone."""
    return View(asker=item.subject_id)


DESK = {ASKER_WROTE: Kind({NO_ANSWER_NEEDED: note_only}, describe)}
