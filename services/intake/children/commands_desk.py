"""What the desk does with what a child wrote. Each command is one transaction, which it commits."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from services.intake.children import commands, queries, rules
from services.intake.children.commands import CHILD_WROTE, Read
from services.intake.children.tables import Box
from services.intake.conversations.commands import put_draft
from services.intake.conversations.rules import check_filled
from services.intake.conversations.tables import Side
from shared.audit import record
from shared.crypto import hash_secret
from shared.desk.items import open_about, resolve
from shared.errors import NotFound

ANSWERED = "answered"


def read_by_centre(session: Session, box_id: UUID, *, who: str, at: datetime) -> list[Read]:
    """Return what was written as it was before, and note who of the centre reads it. Commits."""
    found = commands.unlocked(session, box_id)
    commands.mark_seen(session, box_id, Side.ASKER, at)
    record(session, who, "reveal.words", f"child:{box_id}", at=at, why="conversation")
    session.commit()
    return found


def answer(session: Session, box_id: UUID, text: str, form: str, *, staff_id: UUID, at: datetime) -> None:
    """Keep an answer and settle what the child wrote. Idempotent by its form.

    Raises NotFound for what the child has erased meanwhile, and NotFinished.
    """
    box = _locked(session, box_id)
    if queries.by_own_form(session, box_id, hash_secret(form)) is not None:
        return
    check_filled(text)
    rules.check_reads_easily(text, box.language)
    commands.write(session, box, Side.CENTRE, text, hash_secret(form), at, staff_id)
    box.held = False
    for item in open_about(session, box_id, CHILD_WROTE):
        resolve(session, item.id, ANSWERED, at=at, by=f"staff:{staff_id}")
    record(session, f"staff:{staff_id}", "child.answer", f"child:{box_id}", at=at)
    put_draft(session, box_id, staff_id, "", at=at)
    session.commit()


def keep_draft(session: Session, box_id: UUID, staff_id: UUID, text: str, *, at: datetime) -> None:
    """Keep what somebody has typed so far. Commits. Raises NotFound for what the child has erased."""
    _locked(session, box_id)
    put_draft(session, box_id, staff_id, text, at=at)
    session.commit()


def _locked(session: Session, box_id: UUID) -> Box:
    box = queries.locked(session, box_id)
    if box is None:
        raise NotFound("The child has erased this.")
    return box
