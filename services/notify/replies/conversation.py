"""What went to and fro with a number or address before a reply, for whoever reads it at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from services.notify.messages.tables import Attempt, AttemptState, Message
from services.notify.replies.tables import InboundText
from services.notify.visits.desk import moment_in_words
from shared.countries import DEFAULT
from shared.crypto import Unreadable
from shared.desk.actions import Fact
from shared.web import pages

MOST = 6
WENT = (AttemptState.IN_FLIGHT, AttemptState.ACCEPTED, AttemptState.UNKNOWN)
Line = tuple[datetime, str, str]


def conversation(session: Session, text: InboundText, language: str) -> Sequence[Fact]:
    """Return our last messages there and their last answers, the oldest first, each with its time.

    Of ours it says what each was for: the words of a message are kept nowhere. Theirs are shown to whoever
    may read them.
    """
    lines = sorted([*_ours(session, text, language), *_theirs(session, text)])[-MOST:]
    return [
        Fact(label, f"{moment_in_words(at, DEFAULT.zone, language)}: {said}") for at, label, said in lines
    ]


def _ours(session: Session, text: InboundText, language: str) -> list[Line]:
    rows = session.exec(
        select(Attempt.started_at, Message.purpose)
        .join(Message, col(Message.id) == col(Attempt.message_id))
        .where(
            Attempt.to_index == text.from_index,
            Attempt.started_at <= text.received_at,
            col(Attempt.state).in_(WENT),
        )
        .order_by(col(Attempt.started_at).desc())
        .limit(MOST)
    )
    name = pages.texts().text
    return [(at, "we-wrote", name(language, f"desk-value.purpose.{purpose}")) for at, purpose in rows]


def _theirs(session: Session, text: InboundText) -> list[Line]:
    ids = session.exec(
        select(InboundText.id)
        .where(
            InboundText.from_index == text.from_index,
            InboundText.id != text.id,
            InboundText.received_at <= text.received_at,
            col(InboundText.erased_at).is_(None),
        )
        .order_by(col(InboundText.received_at).desc())
        .limit(MOST)
    ).all()
    return [line for line in (_of(session, one) for one in ids) if line]


def _of(session: Session, text_id: UUID) -> Line | None:
    """Return one that came in; nothing where it cannot be read."""
    try:
        text = session.get_one(InboundText, text_id)
    except Unreadable:
        return None
    return text.received_at, "wrote", text.body
