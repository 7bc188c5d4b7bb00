"""When a person may next be written to: inside the window, and inside the times they called safe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.notify.contacts.rules import closes_after, next_allowed_from
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

    def is_safe(self, at: datetime) -> bool:
        """Whether this person did not call another time safe. The window is not looked at."""
        return not self.safe or _next_safe(at, ZoneInfo(self.zone), self.safe) == at

    def last_moment(self, at: datetime) -> datetime:
        """Return when what is allowed at `at` ends: the window, or before that the safe time (UTC)."""
        closes = closes_after(at, self.zone)
        return min(closes, self.safe_until(at)) if self.safe else closes

    def safe_until(self, at: datetime) -> datetime:
        """Return when the safe time that holds `at` ends (UTC)."""
        return _safe_until(at, ZoneInfo(self.zone), self.safe)

    def _in_window(self, at: datetime) -> datetime:
        return next_allowed_from(at, self.zone, minor=self.minor, visit_at=self.visit_at)


def _safe_until(at: datetime, place: ZoneInfo, safe: Sequence[SafeTime]) -> datetime:
    """Return the end of the stretches that hold `at`, one after the other; `at` if none does."""
    until = at
    for start, end in sorted(_stretches(at, place, safe, days=1)):
        if start <= until < end:
            until = end
    return until


def _stretches(
    at: datetime, place: ZoneInfo, safe: Sequence[SafeTime], *, days: int
) -> Iterator[tuple[datetime, datetime]]:
    today = at.astimezone(place).date()
    for ahead in range(days):
        day = today + timedelta(days=ahead)
        for stretch in safe:
            if DAYS[day.weekday()] in stretch.days:
                start = datetime.combine(day, stretch.start, place).astimezone(UTC)
                yield start, datetime.combine(day, stretch.end, place).astimezone(UTC)


def _next_safe(at: datetime, place: ZoneInfo, safe: Sequence[SafeTime]) -> datetime | None:
    ahead = _stretches(at, place, safe, days=LOOK_AHEAD)
    return min((max(at, start) for start, end in ahead if at < end), default=None)
