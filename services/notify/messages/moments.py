"""When a person may next be written to: inside the window, and inside the times they called safe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.notify.contacts.rules import next_allowed_from
from shared.vocabulary import Weekday

DAYS = tuple(Weekday)
LOOK_AHEAD = 16


@dataclass(frozen=True)
class SafeTime:
    """Days of the week and a stretch of local time, which ends on the day it begins."""

    days: frozenset[str]
    start: time
    end: time


@dataclass(frozen=True)
class Rhythm:
    """What decides when a person may be written to. Without safe times, the whole window is allowed."""

    zone: str
    minor: bool = False
    visit_at: datetime | None = None
    safe: Sequence[SafeTime] = ()

    def first_moment(self, at: datetime) -> datetime | None:
        """Return `at`, or the first moment after it that is allowed (UTC); None if two weeks hold none."""
        moment = self._in_window(at)
        if not self.safe:
            return moment
        for _ in range(LOOK_AHEAD):
            safe = _next_safe(moment, ZoneInfo(self.zone), self.safe)
            if safe is None:
                return None
            moment = self._in_window(safe)
            if moment == safe:
                return moment
        return None

    def _in_window(self, at: datetime) -> datetime:
        return next_allowed_from(at, self.zone, minor=self.minor, visit_at=self.visit_at)


def _next_safe(at: datetime, place: ZoneInfo, safe: Sequence[SafeTime]) -> datetime | None:
    today = at.astimezone(place).date()
    moments = []
    for ahead in range(LOOK_AHEAD):
        day = today + timedelta(days=ahead)
        for stretch in safe:
            start = datetime.combine(day, stretch.start, place).astimezone(UTC)
            end = datetime.combine(day, stretch.end, place).astimezone(UTC)
            if DAYS[day.weekday()] in stretch.days and at < end:
                moments.append(max(at, start))
    return min(moments, default=None)
