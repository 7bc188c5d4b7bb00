"""Texts and mail, and what became of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import SQLModel, col, select

from local.account import LocalProblem
from services.installation import session
from services.notify.messages.tables import Attempt, Message, MessageState


def list_messages(state: str | None, limit: int) -> list[dict[str, Any]]:
    query = select(Message).order_by(col(Message.created_at).desc(), col(Message.id)).limit(limit)
    if state is not None:
        if state not in set(MessageState):
            raise LocalProblem(f"there is no state {state}; there are {', '.join(MessageState)}")
        query = query.where(Message.state == MessageState(state))
    with session("notify") as notify:
        return [_line(message) for message in notify.exec(query)]


def _line(message: Message) -> dict[str, Any]:
    shown = ("id", "purpose", "channel", "language", "state", "reason", "due_at", "attempt_count")
    return {name: getattr(message, name) for name in shown}


def show_message(message_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A message and its attempts, without whom it went to."""
    with session("notify") as notify:
        message = notify.get(Message, _uuid(message_id))
        if message is None:
            raise LocalProblem(f"there is no message {message_id}")
        tries = notify.exec(
            select(Attempt).where(Attempt.message_id == message.id).order_by(col(Attempt.number))
        )
        return _shown(message, {"to", "dedupe_key"}), [
            _shown(attempt, {"to_index", "message_id"}) for attempt in tries
        ]


def _shown(row: SQLModel, without: set[str]) -> dict[str, Any]:
    """In the order in which the table names its columns."""
    return {name: getattr(row, name) for name in type(row).model_fields if name not in without}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise LocalProblem(f"{text} is no id of a message") from None
