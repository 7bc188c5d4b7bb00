"""Texts and mail, and what became of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from local.account import LocalProblem
from services.installation import session
from services.notify.messages import queries
from services.notify.messages.tables import Message, MessageState
from shared import audit
from shared.errors import NotFound


def list_messages(state: str | None, limit: int) -> list[dict[str, Any]]:
    """The newest first. Raises LocalProblem for an unknown state."""
    if state is not None and state not in set(MessageState):
        raise LocalProblem(f"there is no state {state}; there are {', '.join(MessageState)}")
    with session("notify") as notify:
        return [_line(one) for one in queries.latest(notify, MessageState(state) if state else None, limit)]


def _line(message: Message) -> dict[str, Any]:
    shown = ("id", "purpose", "channel", "language", "state", "reason", "due_at", "attempt_count")
    return {name: getattr(message, name) for name in shown}


def show_message(message_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A message and its attempts, without the recipient's address. Noted. Raises LocalProblem."""
    with session("notify") as notify:
        try:
            message = queries.one(notify, _uuid(message_id))
        except NotFound:
            raise LocalProblem(f"there is no message {message_id}") from None
        attempts = queries.attempts(notify, message.id)
        audit.record(notify, "operator", "message.show", f"message:{message.id}", at=datetime.now(UTC))
        notify.commit()
        return _shown(message, {"to", "dedupe_key"}), [
            _shown(one, {"to_index", "message_id"}) for one in attempts
        ]


def _shown(row: SQLModel, without: set[str]) -> dict[str, Any]:
    """Return the row in the order of the table's columns."""
    return {name: getattr(row, name) for name in type(row).model_fields if name not in without}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise LocalProblem(f"{text} is no id of a message") from None
