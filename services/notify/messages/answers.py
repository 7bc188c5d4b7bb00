"""Who wants to know when somebody texts JA or NEE. Rooms above this one register what they do with it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sqlmodel import Session

from services.notify.contacts.rules import Keyword


class Answer(Protocol):
    def __call__(self, session: Session, number: str, keyword: Keyword, *, at: datetime) -> bool:
        """Act on a yes or no from this number (E.164) in this transaction; False where it answers nothing.

        The caller commits.
        """
        ...


_handlers: list[Answer] = []


def register(handler: Answer) -> None:
    """Handlers are asked in this order until one says that the answer was for it. Twice is as once."""
    if handler not in _handlers:
        _handlers.append(handler)


def handle(session: Session, number: str, keyword: Keyword, *, at: datetime) -> bool:
    return any(handler(session, number, keyword, at=at) for handler in _handlers)
