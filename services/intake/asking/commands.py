"""What can be done with a question that is being filled in. Each command commits unless it says so."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col

from services.intake.asking import queries, rules
from services.intake.asking.answers import Answers
from services.intake.asking.tables import Asking
from services.intake.requests import commands as requests
from services.intake.requests.commands import Receipt, SentForm
from services.intake.requests.rules import Examined
from shared import ceilings
from shared.crypto import blind_index, hash_secret
from shared.errors import TooMany
from shared.forgetting.batches import delete_some
from shared.web.origin import UNKNOWN, networks

# A draft ends so long after the last answer; what was sent can be pressed once more for a moment.
KEEPS, PRESSED_AGAIN = timedelta(hours=2), timedelta(minutes=10)
HOUR = 3_600


def begin(session: Session, answers: Answers, *, origin: str = UNKNOWN, at: datetime) -> str:
    """Begin a question, and return the token by which its browser comes back to it.

    Raises TooMany where very many were begun from the same place, or its neighbours, within the hour.
    """
    _count(session, origin, answers.danger, at)
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


def _count(session: Session, origin: str, danger: bool, at: datetime) -> None:
    """Count one more that is begun. What is refused counts for its own place alone."""
    kind = "draft-danger" if danger else "draft"
    places = [f"{kind}-origin:{blind_index('origin', one).hex()}" for one in networks(origin)]
    number = ceilings.add_each(session, dict.fromkeys(places, HOUR), at)
    everybody = ceilings.counted(session, f"{kind}-all", HOUR, at)
    if not rules.may_begin([number[one] for one in places], everybody):
        session.commit()
        raise TooMany("Very many questions were begun here. Try again later.", retry_after=HOUR)
    ceilings.add(session, f"{kind}-all", HOUR, 1, at)


def _let_go(session: Session, id: UUID, request_id: UUID, at: datetime) -> None:
    draft = session.get(Asking, id, with_for_update=True)
    if draft is not None:
        draft.answers, draft.request_id, draft.ends_at = None, request_id, at + PRESSED_AGAIN
    session.commit()
