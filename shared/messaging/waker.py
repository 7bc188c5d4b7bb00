"""Waking the dispatcher after a commit.

A NOTIFY inside each commit takes a lock that halves the commits of many clients; one NOTIFY for all commits
of the last few milliseconds, on a connection of its own, does not. Losing it costs a second: the sweep.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref

from sqlalchemy import Engine, text

log = logging.getLogger(__name__)
CHANNEL = "weerzien"
PAUSE = 0.004


class Waker:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._asked = threading.Event()
        threading.Thread(target=self._run, name="waker", daemon=True).start()

    def wake(self) -> None:
        self._asked.set()

    def _run(self) -> None:
        while True:
            self._asked.wait()
            self._asked.clear()
            self._notify()
            time.sleep(PAUSE)

    def _notify(self) -> None:
        try:
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(
                    text("SELECT pg_notify(:channel || '_' || current_schema(), '')"), {"channel": CHANNEL}
                )
        except Exception:  # the sweep finds the rows anyway
            log.warning("the dispatcher could not be woken", exc_info=True)


_wakers: weakref.WeakKeyDictionary[Engine, tuple[int, Waker]] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def waker_for(engine: Engine) -> Waker:
    """One per engine and process: a thread does not survive a fork."""
    with _lock:
        found = _wakers.get(engine)
        if found is None or found[0] != os.getpid():
            found = _wakers[engine] = (os.getpid(), Waker(engine))
        return found[1]
