"""How much a key may do in an hour and in a day.

What it does is counted in the process, and settled with the database each time that the key is looked up,
which is every few seconds: so no request waits for it, and several processes together pass a ceiling by no
more than what they do in that time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Protocol

from sqlalchemy.orm import Session, sessionmaker

from shared.ceilings import add, latest, window_start
from shared.errors import TooMany

HOUR, DAY = 3_600, 86_400


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


Window = tuple[int, datetime]
Which = tuple[int, str]
_lock, _settling = Lock(), Lock()
_new: dict[Which, Counter[Window]] = {}
_known: dict[Which, Mapping[Window, int]] = {}


def spend(sessions: sessionmaker[Any], key: Spender, at: datetime, *, however_many: bool = False) -> None:
    """Count one deed of this key. Raises TooMany above its ceilings.

    `however_many`: for what must not wait, such as somebody in danger; it is counted and never refused.
    """
    if key.ceilings is None:
        return
    which = (id(sessions), key.id)
    with _lock:
        new, known = _new.setdefault(which, Counter()), _known.get(which, {})
        for window, limit in _windows(key.ceilings, at):
            if new[window] + known.get(window, 0) >= limit and not however_many:
                raise _too_many(window, limit, at)
        new.update(window for window, _ in _windows(key.ceilings, at))


def settle(sessions: sessionmaker[Any], session: Session, key_id: str) -> None:
    """Write down what this process has counted for a key, and read what all have. Commits."""
    which = (id(sessions), key_id)
    with _settling:
        with _lock:
            told = Counter(_new.get(which, Counter()))
        for (seconds, start), number in sorted(told.items()):
            if number:
                add(session, _bucket(key_id, seconds), seconds, number, start)
        known = {
            (seconds, last[0]): last[1]
            for seconds in (HOUR, DAY)
            if (last := latest(session, _bucket(key_id, seconds)))
        }
        session.commit()
        with _lock:
            _new[which] = _new.get(which, Counter()) - told
            _known[which] = known


def _windows(ceilings: Ceilings, at: datetime) -> Iterator[tuple[Window, int]]:
    yield (HOUR, window_start(at, HOUR)), ceilings.per_hour
    yield (DAY, window_start(at, DAY)), ceilings.per_day


def _bucket(key_id: str, seconds: int) -> str:
    return f"key:{key_id}:{seconds}"


def _too_many(window: Window, limit: int, at: datetime) -> TooMany:
    seconds, start = window
    span = "an hour" if seconds == HOUR else "a day"
    left = seconds - int((at - start).total_seconds())
    return TooMany(
        f"With this key {limit} things may be done {span}. Try again later, or ask the centre for more.",
        retry_after=max(1, left),
    )
