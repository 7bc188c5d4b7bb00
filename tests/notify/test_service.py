"""Notify is put together in one place, and every kind of recipient has a room that knows it."""

from __future__ import annotations

from services.notify.messages.tables import RecipientKind
from services.notify.service import RECIPIENTS


def test_every_kind_of_recipient_is_known_to_a_room() -> None:
    assert set(RECIPIENTS) == set(RecipientKind)
