"""What a service does when it hears of something."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlmodel import Session

from shared.events.envelope import Envelope
from shared.events.payloads import Payload


class RetryLater(Exception):
    """Something that will pass is in the way; deliver again. `code` says what, without a person's data."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Fetch(Protocol):
    def __call__(self, events: Sequence[Envelope[Any]]) -> Mapping[UUID, Any]:
        """The detail behind each event, by event id; runs before any transaction and may ask a peer."""
        ...


class Handler(Protocol):
    def __call__(self, session: Session, event: Envelope[Any], detail: Any, *, at: Any) -> None:
        """Decide in this transaction, which other events share, and leave the commit to the consumer.

        Raises RetryLater, or whatever went wrong: then nothing of this event is kept, and it comes again.
        """
        ...


@dataclass(frozen=True)
class Subscription:
    payload: type[Payload]
    handler: Handler
    fetch: Fetch | None


class Subscriptions:
    """The handlers of one service. The inbox row is in the handler's session: both commit, or neither."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._by_type: dict[str, Subscription] = {}

    def on(self, payload: type[Payload], *, fetch: Fetch | None = None) -> Callable[[Any], Any]:
        if self.service not in payload.subscribers:
            raise ValueError(f"{self.service} is not among the subscribers of {payload.event_type()}")

        def register(handler: Any) -> Any:
            if payload.event_type() in self._by_type:
                raise ValueError(f"{payload.event_type()} has a handler already")
            self._by_type[payload.event_type()] = Subscription(payload, handler, fetch)
            return handler

        return register

    def get(self, event_type: str) -> Subscription | None:
        return self._by_type.get(event_type)

    @property
    def types(self) -> frozenset[str]:
        return frozenset(self._by_type)
