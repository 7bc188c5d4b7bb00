"""The window as tests ask about it."""

from __future__ import annotations

from datetime import datetime

from services.notify.contacts.rules import next_allowed_from


def is_allowed(at: datetime, zone: str, *, minor: bool = False, visit_at: datetime | None = None) -> bool:
    """Whether a family may be written to at this moment."""
    return next_allowed_from(at, zone, minor=minor, visit_at=visit_at) == at
