"""What a service does when it hears of something."""

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
    """Something that will pass is in the way; deliver again. `code` says what, without a person's data."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Handler(Protocol[P, About]):
    def __call__(
        self, session: Session, event: Envelope[P], detail: About | None, /, *, at: datetime
    ) -> None:
        """Decide in this transaction, which other events share, and leave the commit to the consumer.

        `detail` is None where its owner does not know it, or none is asked for. Raises RetryLater, or
        whatever went wrong: then nothing of this event is kept, and it comes again.
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
        """As a handler of one, of events of one type that come together, each of them once.

        `details` by event id. What it announces belongs to each event's own correlation. Where it raises,
        each event comes to it alone.
        """
        ...


@dataclass(frozen=True)
class Subscription:
    """What is done on an event. `detail` is asked of its owner for all events that come together."""

    payload: type[Payload]
    handler: HandlerOfMany[Any, Any]
    detail: type[Detail] | None = None


@overload
def on(payload: type[P], handler: Handler[P, None]) -> Subscription: ...
@overload
def on(payload: type[P], handler: Handler[P, D], *, detail: type[D]) -> Subscription: ...
def on(payload: type[P], handler: Handler[P, Any], *, detail: type[Detail] | None = None) -> Subscription:
    """One event after the other goes to this handler."""
    return Subscription(payload, partial(_one_after_the_other, handler), detail)


@overload
def on_many(payload: type[P], handler: HandlerOfMany[P, None]) -> Subscription: ...
@overload
def on_many(payload: type[P], handler: HandlerOfMany[P, D], *, detail: type[D]) -> Subscription: ...
def on_many(
    payload: type[P], handler: HandlerOfMany[P, Any], *, detail: type[Detail] | None = None
) -> Subscription:
    """Events that come together go to this handler at once, for what comes in crowds."""
    return Subscription(payload, handler, detail)


class Subscriptions:
    """The handlers of one service. The inbox row is in the handler's session: both commit, or neither."""

    def __init__(self, service: str, subscriptions: Iterable[Subscription] = ()) -> None:
        """Raises ValueError where two handle the same event, or the catalogue names other subscribers."""
        self.service = service
        self._by_type: dict[str, Subscription] = {}
        for one in subscriptions:
            self.add(one)

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
