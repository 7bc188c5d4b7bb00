"""How much a key may do in an hour and in a day, exactly, however many processes there are.

A process draws from the database a sixteenth of what is left, and does that much before it asks again: so few
requests wait for it, and never more is done than may be. What one process has drawn and not done is not there
for the others: at most a sixteenth, and nothing where a ceiling is near.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Protocol

from sqlalchemy.orm import Session, sessionmaker

from shared import ceilings
from shared.ceilings import window_start
from shared.errors import TooMany

HOUR, DAY = 3_600, 86_400
SHARE = 16


@dataclass(frozen=True)
class Ceilings:
    per_hour: int
    per_day: int


# Far above what a prison or a partner's form does on its busiest day.
UNLESS_SAID = Ceilings(2_000, 10_000)


class Spender(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def ceilings(self) -> Ceilings | None: ...


@dataclass(frozen=True)
class Window:
    """An hour or a day in which a key may do so much."""

    seconds: int
    start: datetime
    limit: int


@dataclass
class Drawn:
    """What this process may still do in a window. `is_last`: nothing more can be drawn there."""

    left: int = 0
    is_last: bool = False


Which = tuple[int, str]
_lock, _drawing = Lock(), Lock()
_drawn: dict[Which, dict[Window, Drawn]] = {}


def spend(sessions: sessionmaker[Any], key: Spender, at: datetime, *, however_many: bool = False) -> None:
    """Count one deed of this key. Raises TooMany above its ceilings. Asks the database now and then.

    `however_many`: for what must not wait, such as somebody in danger; it is counted and never refused.
    """
    if spend_at_hand(sessions, key, at):
        return
    # One at a time, or each would draw a share for itself.
    with _drawing:
        while not spend_at_hand(sessions, key, at):
            over = _draw(sessions, key, at)
            if over and not however_many:
                raise _too_many(over, at)
            if over:
                _count_all_the_same(sessions, key, at)
                return


def spend_at_hand(sessions: sessionmaker[Any], key: Spender, at: datetime) -> bool:
    """Count one deed if this process has drawn enough for it; else count nothing and return False."""
    windows = list(_windows(key, at))
    with _lock:
        drawn = _drawn.get((id(sessions), key.id), {})
        found = [drawn[window] for window in windows if window in drawn and drawn[window].left > 0]
        if len(found) < len(windows):
            return False
        for one in found:
            one.left -= 1
    return True


def _draw(sessions: sessionmaker[Any], key: Spender, at: datetime) -> Window | None:
    """Draw where nothing is left; return a window in which nothing can be drawn any more, or None."""
    which, windows = (id(sessions), key.id), list(_windows(key, at))
    with _lock:
        # Windows that are over are forgotten, and so are ceilings that were changed since.
        kept = {window: _drawn.get(which, {}).get(window) or Drawn() for window in windows}
        _drawn[which] = kept
    empty = [window for window in windows if kept[window].left < 1]
    if over := next((window for window in empty if kept[window].is_last), None):
        return over
    with sessions() as session:
        shares = {window: _share(session, key, window) for window in empty}
        session.commit()
    with _lock:
        for window, share in shares.items():
            kept[window].left += share
            kept[window].is_last = share == 0
    return next((window for window, share in shares.items() if share == 0), None)


def _share(session: Session, key: Spender, window: Window) -> int:
    """Take a share of what is left in this window. Does not commit."""
    bucket = _bucket(key, window)
    left = window.limit - ceilings.held(session, bucket, window.seconds, window.start)
    share = max(0, min(left, max(1, left // SHARE)))
    if share:
        ceilings.add(session, bucket, window.seconds, share, window.start)
    return share


def _count_all_the_same(sessions: sessionmaker[Any], key: Spender, at: datetime) -> None:
    with sessions() as session:
        for window in _windows(key, at):
            ceilings.add(session, _bucket(key, window), window.seconds, 1, at)
        session.commit()


def _windows(key: Spender, at: datetime) -> Iterator[Window]:
    if key.ceilings is not None:
        yield Window(HOUR, window_start(at, HOUR), key.ceilings.per_hour)
        yield Window(DAY, window_start(at, DAY), key.ceilings.per_day)


def _bucket(key: Spender, window: Window) -> str:
    return f"key:{key.id}:{window.seconds}"


def _too_many(window: Window, at: datetime) -> TooMany:
    span = "an hour" if window.seconds == HOUR else "a day"
    left = window.seconds - int((at - window.start).total_seconds())
    return TooMany(
        f"With this key {window.limit} things may be done {span}. Try again later, or ask the centre for"
        " more.",
        retry_after=max(1, left),
    )
