from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from services.intake.asking.answers import Answers
from services.intake.asking.tables import Asking
from shared.crypto import hash_secret


def of_browser(session: Session, token: str, *, at: datetime, lock: bool = False) -> Asking | None:
    """Return what is being asked in the browser that has this token, until it ends; sent ones as well."""
    if not token:
        return None
    wanted = select(Asking).where(col(Asking.token_hash) == hash_secret(token), col(Asking.ends_at) > at)
    found = session.exec(wanted.with_for_update() if lock else wanted).one_or_none()
    if found is not None and lock:
        session.refresh(found)
    return found


def answers_of(draft: Asking) -> Answers:
    return Answers.model_validate_json(draft.answers or "{}")
