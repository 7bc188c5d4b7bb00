"""Moves what is due from PostgreSQL to the broker: one loop per service, as many processes as you like."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
from kombu.exceptions import OperationalError
from psycopg.conninfo import make_conninfo
from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError

from shared.ceilings import forget_old_counts
from shared.clock import monotonic
from shared.database.engine import TCP
from shared.messaging import deliveries, heartbeat
from shared.messaging.broker import CONSUME, FIRST, Publisher, queue_name
from shared.messaging.deliveries import Leased
from shared.messaging.tables import deliveries as delivery_rows
from shared.messaging.tables import inbox, outbox
from shared.messaging.waker import CHANNEL
from shared.messaging.work import DueWork, Wiring
from shared.runtime import Runtime

log = logging.getLogger(__name__)

SWEEP = 1.0
HEARTBEAT = timedelta(seconds=heartbeat.EVERY_SECONDS)
LEASE_AT_ONCE = 500
EVENTS_PER_TASK = 50
AFTER_TROUBLE = 1.0
# After a quiet moment a row goes out at once. In a rush a task costs more than what is in it: after a round
# of more than A_FEW rows, those of the next GATHERING seconds go out together.
A_FEW, GATHERING = 3, 0.25
HOUSEKEEPING = timedelta(hours=1)
KEEP_SETTLED = timedelta(days=30)
# The inbox outlives what can still be replayed: without its row an event would be handled twice.
KEEP_INBOX = timedelta(days=400)


class Dispatcher:
    """Wakes on NOTIFY after each commit, and sweeps every second, also in case that was lost.

    Woken, it looks only for what a commit can make due; a sweep looks for everything. At least once: a
    delivery that is not acknowledged within a minute of its lease is published again.
    """

    def __init__(self, runtime: Runtime, wiring: Wiring, publisher: Publisher) -> None:
        self._runtime, self._wiring, self._publisher = runtime, wiring, publisher
        self._beat = self._cleaned = datetime.min.replace(tzinfo=UTC)

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self._listen(stop)
            except (psycopg.Error, SQLAlchemyError, OperationalError, OSError) as problem:
                log.warning("the dispatcher starts again after %s", type(problem).__name__)
                stop.wait(AFTER_TROUBLE)
            except Exception:
                log.exception("the dispatcher met something unforeseen and starts again")
                stop.wait(AFTER_TROUBLE)

    def _listen(self, stop: threading.Event) -> None:
        url = self._runtime.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(make_conninfo(url, connect_timeout=5, **TCP), autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}_{self._runtime.service}".encode())
            next_sweep = monotonic()
            while not stop.is_set():
                begun = monotonic()
                self._keep_house()
                woken = begun < next_sweep
                if not woken:
                    next_sweep = begun + SWEEP
                gathering = GATHERING if self.drain(stop, woken=woken) > A_FEW else 0.0
                for _ in connection.notifies(timeout=max(0.0, next_sweep - monotonic()), stop_after=1):
                    pass
                stop.wait(max(0.0, gathering - (monotonic() - begun)))
                for _ in connection.notifies(timeout=0):
                    pass

    def drain(self, stop: threading.Event | None = None, *, woken: bool = False) -> int:
        """Publish until less is due than one round can take, and return how many rows went out.

        `woken` by a commit, it leaves work that only the clock makes due to the next sweep: a text would wait
        for every look. A commit in the meantime wakes the dispatcher again. If one kind of work fails the
        others still go out, and the first error is raised at the end.
        """
        total, failed = 0, None
        first = sorted((due for due in self._wiring.due if due.wakes), key=lambda due: not due.first)
        later = [due for due in self._wiring.due if not due.wakes and not woken]
        relays: list[Callable[[], int]] = [self.relay_events]
        relays += [partial(self.relay_work, due) for due in (*first, *later)]
        while relays and not (stop and stop.is_set()):
            again = []
            for relay in relays:
                try:
                    moved = relay()
                except Exception as problem:
                    failed = failed or problem
                    continue
                total += moved
                if moved >= LEASE_AT_ONCE:
                    again.append(relay)
            relays = again
        if failed is not None:
            raise failed
        return total

    def relay_events(self) -> int:
        with self._runtime.sessions() as session:
            leased = deliveries.lease(
                session,
                LEASE_AT_ONCE,
                source=f"{self._runtime.settings.event_source}:{self._runtime.service}",
                detail_base=self._runtime.settings.internal_url(self._runtime.service),
            )
            session.commit()
        waiting = _batches(leased)
        try:
            while waiting:
                self._publish_events(waiting[0])
                waiting.pop(0)
        except Exception:
            self._release([one for batch in waiting for one in batch])
            raise
        return len(leased)

    def _publish_events(self, batch: Sequence[Leased]) -> None:
        letters: list[Any] = [
            {"delivery": one.delivery, "fence": one.fence, "from": self._runtime.service, "event": one.event}
            for one in batch
        ]
        self._publisher.send(CONSUME, letters, queue_name(batch[0].subscriber, "events"))

    def _release(self, leased: Sequence[Leased]) -> None:
        with self._runtime.sessions() as session:
            deliveries.release(session, leased)
            session.commit()

    def relay_work(self, due: DueWork) -> int:
        """Publish due work and return how many rows went out; of work that goes first all, else one round.

        If the broker is away, claimed rows stay leased and fall due again when the lease runs out.
        """
        total = moved = self._relay_some(due)
        while due.first and moved >= LEASE_AT_ONCE:
            moved = self._relay_some(due)
            total += moved
        return total

    def _relay_some(self, due: DueWork) -> int:
        with self._runtime.sessions() as session:
            ids = [str(one) for one in due.claim(session, self._runtime.clock.now(), LEASE_AT_ONCE)]
            session.commit()
        queue = queue_name(self._runtime.service, FIRST if due.first else "work")
        for start in range(0, len(ids), due.batch):
            self._publisher.send(due.name, ids[start : start + due.batch], queue)
        return len(ids)

    def _keep_house(self) -> None:
        now = datetime.now(UTC)
        if now - self._beat > HEARTBEAT:
            self._beat = now
            heartbeat.beat(self._runtime, heartbeat.DISPATCHER)
        if now - self._cleaned > HOUSEKEEPING:
            self._cleaned = now
            self._clean()

    def _clean(self) -> None:
        """Delete events that every subscriber has handled after thirty days, and inbox rows after 400."""
        now = datetime.now(UTC)
        open_ones = delivery_rows.select().where(
            delivery_rows.c.event_id == outbox.c.id, delivery_rows.c.state != "done"
        )
        with self._runtime.sessions() as session:
            session.execute(delete(outbox).where(outbox.c.at < now - KEEP_SETTLED, ~open_ones.exists()))
            session.execute(delete(inbox).where(inbox.c.received_at < now - KEEP_INBOX))
            forget_old_counts(session)
            session.commit()


def _batches(leased: Sequence[Leased]) -> list[list[Leased]]:
    by_subscriber: dict[str, list[Leased]] = defaultdict(list)
    for one in leased:
        by_subscriber[one.subscriber].append(one)
    return [
        group[start : start + EVENTS_PER_TASK]
        for group in by_subscriber.values()
        for start in range(0, len(group), EVENTS_PER_TASK)
    ]
