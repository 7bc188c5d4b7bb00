"""What a dispatcher hands out, kept on paper where a broker would have it."""

from __future__ import annotations

from typing import Any

from shared.messaging.broker import Publisher
from shared.messaging.dispatcher import Dispatcher
from shared.messaging.work import Wiring
from shared.runtime import Runtime


class PublisherOnPaper(Publisher):
    """Keeps what would have gone to the broker."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, list[Any], str]] = []
        self.away = False

    def send(self, task: str, argument: list[Any], queue: str) -> None:
        if self.away:
            raise ConnectionError("the broker is away")
        self.sent.append((task, argument, queue))


def handed_out_when_woken(runtime: Runtime, wiring: Wiring) -> list[str]:
    """Let a commit wake a dispatcher of this service, and return the names of the tasks that go out."""
    publisher = PublisherOnPaper()
    Dispatcher(runtime, wiring, publisher).drain(woken=True)
    return [task for task, _, _ in publisher.sent]
