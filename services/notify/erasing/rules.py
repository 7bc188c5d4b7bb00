"""When a provider is told again to forget a text."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.notify.messages.tables import Attempt, AttemptState

# A text that is still on its way cannot be deleted: that may last hours, seldom days.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 480, 720, 1440, 1440, 1440))


def again_at(tries: int, retry_after: int | None, at: datetime) -> datetime | None:
    """Return when to try again after so many tries, or None if a person should see to it."""
    if tries >= len(WAITS):
        return None
    return at + max(WAITS[tries], timedelta(seconds=retry_after or 0))


def never_left(attempt: Attempt | None) -> bool:
    """Whether the provider has nothing of this attempt."""
    return attempt is None or attempt.state in (AttemptState.NOT_SENT, AttemptState.REJECTED)
