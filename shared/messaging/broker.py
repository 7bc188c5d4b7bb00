"""The Celery application: its queues, and how a message travels."""

from __future__ import annotations

from typing import Any

from celery import Celery
from kombu import Connection, Exchange, Queue
from kombu.utils.scheduling import round_robin_cycle

from shared.events.services import SERVICES

NO_EVICTION = "noeviction"
ANSWER_SECONDS = 5
# A worker looks into this queue before each of the others.
FIRST = "first"
PURPOSES = (FIRST, "events", "acks", "work")
CONSUME, RECORD_RECEIPTS = "weerzien.events.consume", "weerzien.events.settle"


class FirstThenInTurn(round_robin_cycle):
    """The order in which a worker looks into its queues: what goes first, then each of the others in turn."""

    def consume(self, n: int) -> list[str]:
        return sorted(super().consume(n), key=lambda name: not name.endswith(f".{FIRST}"))


def queue_name(service: str, purpose: str) -> str:
    return f"{service}.{purpose}"


def queues(service: str, broker_url: str) -> list[Queue]:
    return [_queue(queue_name(service, purpose), broker_url) for purpose in PURPOSES]


def _queue(name: str, broker_url: str) -> Queue:
    arguments = {"x-queue-type": "quorum"} if broker_url.startswith("amqp") else None
    return Queue(name, Exchange(name, type="direct"), routing_key=name, queue_arguments=arguments)


def make_app(service: str, broker_url: str) -> Celery:
    """Return the service's Celery application. Without each setting work is lost, done twice or stuck."""
    app = Celery(f"weerzien-{service}", broker=broker_url, set_as_current=False)
    app.conf.update(
        task_queues=[queue for name in SERVICES for queue in queues(name, broker_url)],
        task_create_missing_queues=False,
        task_serializer="json",
        accept_content=["json"],
        result_backend=None,
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        # Work is acknowledged once it is done; what a dead worker held is leased again later.
        task_acks_late=True,
        task_acks_on_failure_or_timeout=True,
        task_reject_on_worker_lost=False,
        worker_prefetch_multiplier=1,
        worker_detect_quorum_queues=True,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=ANSWER_SECONDS,
        broker_pool_limit=4,
        broker_transport_options=_transport(service, broker_url),
        # Our own queues alone: no remote control, no gossip, no events, and no business times by beat.
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        enable_utc=True,
        timezone="UTC",
    )
    return app


def _transport(service: str, broker_url: str) -> dict[str, Any]:
    if broker_url.startswith("amqp"):
        return {"confirm_publish": True, "write_timeout": ANSWER_SECONDS}
    return {
        "visibility_timeout": 300,
        "unacked_restore_interval": 10,
        "socket_timeout": ANSWER_SECONDS,
        "socket_connect_timeout": ANSWER_SECONDS,
        "socket_keepalive": True,
        "health_check_interval": 25,
        "queue_order_strategy": f"{__name__}:{FirstThenInTurn.__name__}",
        # What is in hand lies beside the service's queues, where no other service's user reaches it.
        **{f"unacked{part}_key": f"{service}.unacked{part}" for part in ("", "_index", "_mutex")},
    }


class Publisher:
    """Sends tasks to the broker. Raises what the broker raises, and keeps nothing in memory for later."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def send(self, task: str, argument: list[Any], queue: str) -> None:
        with self._app.producer_pool.acquire(block=True, timeout=ANSWER_SECONDS) as producer:
            try:
                self._send(producer, task, argument, queue)
            except Exception:
                # Drop the connection without closing it: a hanging RabbitMQ would keep us waiting for ever.
                producer.connection.collect()
                raise

    def _send(self, producer: Any, task: str, argument: list[Any], queue: str) -> None:
        # Celery's headers would repeat the arguments in the body; keep them empty.
        self._app.send_task(
            task,
            args=(argument,),
            queue=queue,
            producer=producer,
            retry=False,
            confirm_timeout=ANSWER_SECONDS,
            argsrepr="",
            kwargsrepr="",
        )


def eviction_policy(broker_url: str) -> str:
    """Return what the broker does when it is full; `noeviction` if it has no such setting or does not tell.

    Raises what the broker's client raises if the broker does not respond within five seconds.
    """
    with Connection(broker_url, connect_timeout=ANSWER_SECONDS) as connection:
        connection.ensure_connection(max_retries=1, timeout=ANSWER_SECONDS)
        if not broker_url.startswith("redis"):
            return NO_EVICTION
        try:
            answer = connection.default_channel.client.config_get("maxmemory-policy")
        except Exception:
            return NO_EVICTION
        return str(answer.get("maxmemory-policy", NO_EVICTION))
