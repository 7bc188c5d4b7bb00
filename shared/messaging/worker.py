"""A service's worker process: its queues through Celery, and on one machine the dispatcher as well."""

from __future__ import annotations

import logging
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from celery import Celery
from celery.exceptions import SecurityWarning

from shared import collector
from shared import runtime as runtimes
from shared.messaging import deliveries, heartbeat
from shared.messaging.broker import CONSUME, RECORD_RECEIPTS, Publisher, make_app, queue_name, queues
from shared.messaging.consumer import Consumer
from shared.messaging.deliveries import Receipt
from shared.messaging.dispatcher import Dispatcher
from shared.messaging.work import DueWork, Wiring
from shared.runtime import Runtime

log = logging.getLogger(__name__)
ACKNOWLEDGE_TRIES = 3


def prepare(runtime: Runtime, wiring: Wiring) -> Celery:
    """Return the Celery application with every task of this service's queues."""
    runtimes.install(runtime)
    app = make_app(runtime.service, runtime.settings.broker_url)
    consumer = Consumer(runtime, wiring.subscriptions, _acknowledger(Publisher(app)))
    app.task(name=CONSUME, shared=False)(consumer.consume)
    app.task(name=RECORD_RECEIPTS, shared=False)(_recorder(runtime))
    for due in wiring.due:
        app.task(name=due.name, shared=False)(_task(due, runtime))
    return app


def _task(due: DueWork, runtime: Runtime) -> Callable[[list[str]], None]:
    def task(ids: list[str]) -> None:
        due.do(runtime, [UUID(one) for one in ids])

    return task


def run(runtime: Runtime, wiring: Wiring, *, with_dispatcher: bool = False) -> int:
    """Work until SIGTERM or SIGINT, finish what is in hand, and return the exit code."""
    # Celery warns about root at each start; a container's user is not root, but a laptop's may be.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    app = prepare(runtime, wiring)
    stop = threading.Event()
    dispatcher = Dispatcher(runtime, wiring, Publisher(app))
    thread = threading.Thread(target=dispatcher.run, args=(stop,), name="dispatcher", daemon=True)
    threading.Thread(
        target=heartbeat.keep_beating, args=(runtime, heartbeat.WORKER, stop), name="heartbeat", daemon=True
    ).start()
    if with_dispatcher:
        thread.start()
    worker = app.Worker(
        pool="threads",
        concurrency=runtime.settings.worker_threads,
        queues=[queue.name for queue in queues(runtime.service, runtime.settings.broker_url)],
        hostname=f"{runtime.service}@worker",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    collector.tune()
    try:
        worker.start()
    finally:
        stop.set()
        if with_dispatcher:
            thread.join(timeout=5)
    return int(worker.exitcode or 0)


def dispatch(runtime: Runtime, wiring: Wiring, stop: threading.Event) -> None:
    """Run the dispatcher alone, until `stop`."""
    runtimes.install(runtime)
    app = make_app(runtime.service, runtime.settings.broker_url)
    collector.tune()
    Dispatcher(runtime, wiring, Publisher(app)).run(stop)


def _acknowledger(publisher: Publisher) -> Any:
    def acknowledge(owner: str, receipts: list[dict[str, Any]]) -> None:
        """Tell the owner. If that fails, the lease runs out and the inbox ignores the second delivery."""
        for attempt in range(1, ACKNOWLEDGE_TRIES + 1):
            try:
                publisher.send(RECORD_RECEIPTS, receipts, queue_name(owner, "acks"))
                return
            except Exception as problem:
                log.warning("an acknowledgement did not leave: %s", type(problem).__name__)
                time.sleep(attempt * 0.2)

    return acknowledge


def _recorder(runtime: Runtime) -> Any:
    def record(receipts: Sequence[Mapping[str, Any]]) -> None:
        with runtime.sessions() as session:
            deliveries.record_receipts(session, [Receipt(**receipt) for receipt in receipts])
            session.commit()

    return record
