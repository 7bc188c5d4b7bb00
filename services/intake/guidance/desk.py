"""What the desk can do about a page that is to be checked."""

from __future__ import annotations

from sqlmodel import Session

from services.intake.guidance.commands import REVIEW
from shared.desk.actions import Fact, Kind, View, note_only
from shared.desk.items import WorkItem

CHECKED, LEFT = "page-checked", "page-not-needed"


def describe(session: Session, item: WorkItem, language: str) -> View:
    """Tell which page it is, in which language, and by when it was to be checked."""
    known = item.details
    facts = {"guidance-page": "page", "language": "language", "review-by": "review-by"}
    return View([Fact(label, str(known[name])) for label, name in facts.items() if name in known])


DESK = {REVIEW: Kind({CHECKED: note_only, LEFT: note_only}, describe)}
