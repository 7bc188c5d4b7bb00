"""What can be done with a question that is being filled in. Each command commits unless it says so."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col

from services.intake.asking import queries
from services.intake.asking.answers import Answers
from services.intake.asking.tables import Asking
from services.intake.requests import commands as requests
from services.intake.requests.commands import Receipt, SentForm
from services.intake.requests.rules import Examined
from shared.crypto import hash_secret
from shared.forgetting.batches import delete_some

# A draft ends so long after the last answer; what was sent can be pressed once more for a moment.
KEEPS, PRESSED_AGAIN = timedelta(hours=2), timedelta(minutes=10)


def begin(session: Session, answers: Answers, *, at: datetime) -> str:
    """Begin a question, and return the token by which its browser comes back to it."""
    token = secrets.token_urlsafe(32)
    draft = Asking(token_hash=hash_secret(token), answers=answers.kept(), began_at=at, ends_at=at + KEEPS)
    session.add(draft)
    session.commit()
    return token


def answer(
    session: Session, token: str, step: str, fields: Collection[str], posted: Answers, *, at: datetime
) -> Answers | None:
    """Keep the answers of one step and return all of them; None where the question was sent or has ended."""
    draft = queries.of_browser(session, token, at=at, lock=True)
    if draft is None or draft.answers is None:
        session.rollback()
        return None
    answers = queries.answers_of(draft).taken(step, fields, posted)
    draft.answers, draft.ends_at = answers.kept(), at + KEEPS
    session.commit()
    return answers


def send(session: Session, draft: Asking, examined: Examined, sent: SentForm, *, at: datetime) -> Receipt:
    """Take the question in, and let go of what was typed. Two transactions; sent twice it is one question."""
    id = draft.id
    receipt = requests.submit(session, examined, sent, at=at)
    _let_go(session, id, receipt.id, at)
    return receipt


def leave(session: Session, token: str, *, at: datetime) -> None:
    """Let go of what was typed in this browser. Idempotent."""
    draft = queries.of_browser(session, token, at=at, lock=True)
    if draft is not None:
        session.delete(draft)
    session.commit()


def forget(session: Session, at: datetime, limit: int) -> int:
    """Delete what has ended. Does not commit."""
    return delete_some(session, Asking, col(Asking.ends_at) <= at, limit)


def _let_go(session: Session, id: UUID, request_id: UUID, at: datetime) -> None:
    draft = session.get(Asking, id, with_for_update=True)
    if draft is not None:
        draft.answers, draft.request_id, draft.ends_at = None, request_id, at + PRESSED_AGAIN
    session.commit()
