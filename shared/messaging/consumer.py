"""Receiving events: inbox, handler, acknowledgement to the owner."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from shared.events.catalogue import CATALOGUE, UnknownEvent, parse
from shared.events.envelope import Envelope
from shared.messaging.subscriptions import RetryLater, Subscription, Subscriptions
from shared.messaging.tables import inbox
from shared.runtime import Runtime
from shared.telemetry import caused_by
from shared.web.peers import PeerUnavailable

log = logging.getLogger(__name__)

Acknowledge = Callable[[str, list[dict[str, Any]]], None]


@dataclass(frozen=True)
class Letter:
    delivery: int
    fence: int
    event: Envelope[Any]


class Consumer:
    """Handles a batch of deliveries and tells each owner, per delivery, that it is done or why not."""

    def __init__(self, runtime: Runtime, subscriptions: Subscriptions, acknowledge: Acknowledge) -> None:
        self._runtime = runtime
        self._subscriptions = subscriptions
        self._acknowledge = acknowledge

    def consume(self, batch: Sequence[Mapping[str, Any]]) -> None:
        receipts: dict[str, list[dict[str, Any]]] = defaultdict(list)
        letters = []
        for item in batch:
            try:
                letters.append(Letter(item["delivery"], item["fence"], parse(item["event"])))
            except (UnknownEvent, ValueError) as problem:
                log.error("an event could not be read: %s", type(problem).__name__)
                owner = str(item.get("from", ""))
                if owner:
                    receipts[owner].append(_receipt(item["delivery"], item["fence"], "unreadable"))
        for letter, error in self._handle_all(letters):
            owner = CATALOGUE[letter.event.type].producer
            receipts[owner].append(_receipt(letter.delivery, letter.fence, error))
        for owner, answers in receipts.items():
            self._acknowledge(owner, answers)

    def _handle_all(self, letters: Sequence[Letter]) -> list[tuple[Letter, str | None]]:
        seen = self._seen([letter.event.id for letter in letters])
        done: list[tuple[Letter, str | None]] = [(one, None) for one in letters if one.event.id in seen]
        by_type: dict[str, list[Letter]] = defaultdict(list)
        for letter in letters:
            if letter.event.id not in seen:
                by_type[letter.event.type].append(letter)
        for event_type, group in by_type.items():
            subscription = self._subscriptions.get(event_type)
            if subscription is None:
                done += [(one, "no-handler") for one in group]
            else:
                done += self._handle_type(subscription, group)
        return done

    def _handle_type(
        self, subscription: Subscription, group: Sequence[Letter]
    ) -> list[tuple[Letter, str | None]]:
        try:
            with caused_by(group[0].event.correlationid):
                details = subscription.fetch([one.event for one in group]) if subscription.fetch else {}
        except (PeerUnavailable, RetryLater) as problem:
            return [(one, f"{type(problem).__name__}") for one in group]
        except Exception as problem:
            log.exception("the detail behind %s could not be had", group[0].event.type)
            return [(one, type(problem).__name__) for one in group]
        return [(one, self._handle(subscription, one, details.get(one.event.id))) for one in group]

    def _handle(self, subscription: Subscription, letter: Letter, detail: Any) -> str | None:
        """One event in one transaction; answers the code of what went wrong."""
        event = letter.event
        with caused_by(event.correlationid, event.id), self._runtime.sessions() as session:
            try:
                if _first_time(session, event):
                    subscription.handler(session, event, detail, at=self._runtime.clock.now())
                session.commit()
                return None
            except RetryLater as later:
                return later.code
            except Exception as problem:
                log.exception("%s could not be handled", event.type)
                return type(problem).__name__

    def _seen(self, ids: Sequence[UUID]) -> set[UUID]:
        with self._runtime.sessions() as session:
            return set(session.scalars(select(inbox.c.event_id).where(inbox.c.event_id.in_(ids))))


def _first_time(session: Session, event: Envelope[Any]) -> bool:
    """Write the event into the inbox; false where it was there. Waits for another who is writing it now."""
    statement = insert(inbox).values(event_id=event.id, type=event.type).on_conflict_do_nothing()
    return session.execute(statement.returning(inbox.c.event_id)).one_or_none() is not None


def _receipt(delivery: int, fence: int, error: str | None) -> dict[str, Any]:
    return {"delivery": delivery, "fence": fence, "error": error}
