"""Why a message that failed must not be sent again. Rooms above this one register what they know."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sqlmodel import Session

from services.notify.messages.tables import Message, RecipientKind


class Objection(Protocol):
    def __call__(self, session: Session, message: Message, now: datetime) -> str | None:
        """A code, from our own tables alone; None where it may still be said."""
        ...


_objections: dict[RecipientKind, Objection] = {}


def register(kind: RecipientKind, objection: Objection) -> None:
    """From now on `objection` is asked for this kind; registering again replaces it."""
    _objections[kind] = objection


def to_sending(session: Session, message: Message, now: datetime) -> str | None:
    objection = _objections.get(message.recipient_kind)
    return objection(session, message, now) if objection else None
