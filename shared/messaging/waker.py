"""Waking the dispatcher after a commit.

A NOTIFY inside each commit takes a lock that halves the commits of many clients; one NOTIFY for all commits
since the last, on a connection of its own, does not. Losing it costs a second: the sweep.
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
# What is announced first is told at once; what comes right after it is told together.
PAUSE = 0.02
# So many seconds after the last news its connection goes back to the pool.
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
    """One per engine and process: a thread does not survive a fork."""
    with _lock:
        found = _wakers.get(engine)
        if found is None or found[0] != os.getpid():
            found = _wakers[engine] = (os.getpid(), Waker(engine))
        return found[1]
