"""Keeping the texts that answers start from: a change is a new version, and nothing is overwritten."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from services.intake.conversations import queries, rules
from services.intake.conversations.tables import ReplyTemplate
from shared.audit import record
from shared.ids import new_id


def keep(
    session: Session, template_id: UUID | None, name: str, language: str, text: str, *, by: UUID, at: datetime
) -> ReplyTemplate:
    """Keep a text, or its next version; the same text again is no new version. Commits."""
    known = queries.versions(session, template_id) if template_id else []
    words = rules.tidied(text)
    if known and (known[0].name, known[0].language, known[0].text) == (name, language, words):
        return known[0]
    made = ReplyTemplate(
        template_id=template_id or new_id(),
        version=known[0].version + 1 if known else 1,
        name=name,
        language=language,
        text=words,
        written_by=by,
        written_at=at,
    )
    session.add(made)
    record(session, f"staff:{by}", "reply-template.keep", f"reply-template:{made.template_id}", at=at)
    session.commit()
    return made


def retire(session: Session, template_id: UUID, *, by: UUID, at: datetime) -> None:
    """Let no new answer start from this text. Idempotent. Commits."""
    session.execute(
        update(ReplyTemplate)
        .where(col(ReplyTemplate.template_id) == template_id, col(ReplyTemplate.retired_at).is_(None))
        .values(retired_at=at)
    )
    record(session, f"staff:{by}", "reply-template.retire", f"reply-template:{template_id}", at=at)
    session.commit()
