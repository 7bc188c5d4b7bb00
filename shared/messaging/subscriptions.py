"""How a service handles events: its handlers, and the event that each one takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar, overload
from uuid import UUID

from sqlmodel import Session

from shared.events.details import Detail
from shared.events.envelope import Envelope
from shared.events.payloads import Payload
from shared.telemetry import caused_by

P = TypeVar("P", bound=Payload)
D = TypeVar("D", bound=Detail)
About = TypeVar("About", contravariant=True)


class RetryLater(Exception):
    """A passing obstacle: deliver the event again. `code` names it, without personal data."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Handler(Protocol[P, About]):
    def __call__(
        self, session: Session, event: Envelope[P], detail: About | None, /, *, at: datetime
    ) -> None:
        """Decide in this transaction, which other events share. Does not commit: the consumer does.

        `detail` is None if its owner does not know it, or if none is asked for. Raises RetryLater, or any
        other exception: then nothing of this event is kept, and it is delivered again.
        """
        ...


class HandlerOfMany(Protocol[P, About]):
    def __call__(
        self,
        session: Session,
        events: Sequence[Envelope[P]],
        details: Mapping[UUID, About | None],
        /,
        *,
        at: datetime,
    ) -> None:
        """Like `Handler`, for events of one type that arrive together, each of them once.

        `details` is by event id. Announce under each event's own correlation. If it raises, it is called
        again with each event alone.
        """
        ...


@dataclass(frozen=True)
class Subscription:
    """The handler of one event type; `detail` is fetched from its owner for a whole batch at once."""

    payload: type[Payload]
    handler: HandlerOfMany[Any, Any]
    detail: type[Detail] | None = None


@overload
def on(payload: type[P], handler: Handler[P, None]) -> Subscription: ...
@overload
def on(payload: type[P], handler: Handler[P, D], *, detail: type[D]) -> Subscription: ...
def on(payload: type[P], handler: Handler[P, Any], *, detail: type[Detail] | None = None) -> Subscription:
    """Subscribe a handler that takes one event at a time."""
    return Subscription(payload, partial(_one_after_the_other, handler), detail)


@overload
def on_many(payload: type[P], handler: HandlerOfMany[P, None]) -> Subscription: ...
@overload
def on_many(payload: type[P], handler: HandlerOfMany[P, D], *, detail: type[D]) -> Subscription: ...
def on_many(
    payload: type[P], handler: HandlerOfMany[P, Any], *, detail: type[Detail] | None = None
) -> Subscription:
    """Subscribe a handler that takes all events that arrive together, for events that come in crowds."""
    return Subscription(payload, handler, detail)


class Subscriptions:
    """The handlers of one service. Inbox row and handler share a session: both commit, or neither does."""

    def __init__(self, service: str, subscriptions: Iterable[Subscription] = ()) -> None:
        """Raises ValueError if two handle the same event, or if this service is no subscriber of one."""
        self.service = service
        self._by_type: dict[str, Subscription] = {}
        for subscription in subscriptions:
            self.add(subscription)

    def add(self, subscription: Subscription) -> None:
        event_type = subscription.payload.event_type()
        if self.service not in subscription.payload.subscribers:
            raise ValueError(f"{self.service} is not among the subscribers of {event_type}")
        if event_type in self._by_type:
            raise ValueError(f"{event_type} has a handler already")
        self._by_type[event_type] = subscription

    def get(self, event_type: str) -> Subscription | None:
        return self._by_type.get(event_type)

    @property
    def types(self) -> frozenset[str]:
        return frozenset(self._by_type)


def _one_after_the_other(
    handler: Handler[Any, Any],
    session: Session,
    events: Sequence[Envelope[Any]],
    details: Mapping[UUID, Any],
    *,
    at: datetime,
) -> None:
    for event in events:
        with caused_by(event.correlationid, event.id):
            handler(session, event, details.get(event.id), at=at)
