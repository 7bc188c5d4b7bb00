"""Events that a service gave up on."""

from __future__ import annotations

from typing import Any

from services.installation import session
from shared.events.services import SERVICES
from shared.messaging import dead_letters


def list_dead_letters() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for service in SERVICES:
        with session(service) as opened:
            found += [{"service": service, **row} for row in dead_letters.dead_letters(opened)]
    return found


def replay_dead_letters(ids: list[int] | None, only: str | None) -> int:
    """Deliver again; returns how many."""
    count = 0
    for service in SERVICES:
        if only in (None, service):
            with session(service) as opened:
                count += dead_letters.replay(opened, ids or None)
    return count
