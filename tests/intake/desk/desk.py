"""What tests of the desk put on its list."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session

from shared.desk.items import open_item

EN = {"Accept-Language": "en"}


def put(session: Session, at: datetime, reason: str = "no-rule", **more: Any) -> UUID:
    """Put something on the list of the session's service; returns what it is about."""
    subject, kind = uuid4(), more.pop("kind", "something")
    open_item(session, kind=kind, reason=reason, subject_id=subject, dedupe_key=str(subject), at=at, **more)
    session.commit()
    return subject
