"""A key of its own for each message of a child: when the key goes, nothing reads the message again."""

from __future__ import annotations

import base64
import secrets
from uuid import UUID

from services.intake.children.tables import BoxMessage, MessageKey
from shared import crypto


def lock_new(text: str, message_id: UUID, box_id: UUID) -> tuple[bytes, MessageKey]:
    """Return a text locked with a new key, and that key."""
    key = secrets.token_bytes(32)
    kept = MessageKey(id=message_id, box_id=box_id, key=base64.b64encode(key).decode())
    return crypto.lock(key, text, _about(message_id)), kept


def unlock(message: BoxMessage, key: str) -> str:
    """Raises Unreadable where the key is another one."""
    return crypto.unlock(base64.b64decode(key), message.locked, _about(message.id))


def _about(message_id: UUID) -> bytes:
    return b"child-message" + message_id.bytes
