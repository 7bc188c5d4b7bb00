"""Wakes the dispatcher after commits.

A NOTIFY inside each commit takes a lock that halves the number of commits when there are many clients. One
NOTIFY for all commits since the last, on a connection of its own, does not. If it is lost, the dispatcher's
sweep finds the rows a second later.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)
CHANNEL = "weerzien"
# The first commit is notified at once; those of the next so many seconds are notified together.
PAUSE = 0.02
# After so many seconds without commits the connection goes back to the pool.
KEEP = 1.0
NOTIFY = text(f"SELECT pg_notify('{CHANNEL}_' || current_schema(), '')")


class Waker:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._asked = threading.Event()
        self._connection: Connection | None = None
        threading.Thread(target=self._run, name="waker", daemon=True).start()

    def wake(self) -> None:
        self._asked.set()

    def _run(self) -> None:
        while True:
            if not self._asked.wait(KEEP if self._connection else None):
                self._let_go()
                continue
            self._asked.clear()
            self._notify()
            time.sleep(PAUSE)

    def _notify(self) -> None:
        try:
            try:
                self._tell()
            except DBAPIError:  # the server was away meanwhile
                self._tell()
        except Exception:  # the sweep finds the rows anyway
            log.warning("the dispatcher could not be woken", exc_info=True)

    def _tell(self) -> None:
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            self._connection.execute(NOTIFY)
            self._connection.commit()
        except BaseException:
            self._connection.invalidate()
            self._let_go()
            raise

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


_wakers: weakref.WeakKeyDictionary[Engine, tuple[int, Waker]] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def waker_for(engine: Engine) -> Waker:
    """Return this engine's waker in this process: a thread does not survive a fork."""
    with _lock:
        owned = _wakers.get(engine)
        if owned is None or owned[0] != os.getpid():
            owned = _wakers[engine] = (os.getpid(), Waker(engine))
        return owned[1]
