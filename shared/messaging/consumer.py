"""Receiving events: inbox, handler, acknowledgement to the owner."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import select, text
from sqlmodel import Session

from shared.events.catalogue import CATALOGUE, UnknownEvent, parse
from shared.events.details import Detail
from shared.events.envelope import Envelope
from shared.messaging.subscriptions import RetryLater, Subscription, Subscriptions
from shared.messaging.tables import inbox
from shared.peers import PeerUnavailable
from shared.runtime import Runtime
from shared.telemetry import caused_by

log = logging.getLogger(__name__)


class CommittedTooSoon(Exception):
    """A handler tried to commit the transaction that holds its inbox row and those of other events."""


# The ids come sorted, so that two workers never wait for each other's events.
REMEMBER = text("""
    INSERT INTO inbox (event_id, type)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[])) ON CONFLICT DO NOTHING
    RETURNING event_id
""")
Acknowledge = Callable[[str, list[dict[str, Any]]], None]


@dataclass(frozen=True)
class Letter:
    delivery: int
    fence: int
    event: Envelope[Any]


class Consumer:
    """Handles a batch of deliveries and reports each one to its owner: done, or why not.

    An event's inbox row commits together with what its handler decided. Events of one type that arrive
    together share a transaction, since a commit waits for the disk as long for one event as for fifty. An
    event that fails does not make the others fail.
    """

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
        for owner, of_owner in receipts.items():
            self._acknowledge(owner, of_owner)

    def _handle_all(self, letters: Sequence[Letter]) -> list[tuple[Letter, str | None]]:
        seen = self._seen([letter.event.id for letter in letters])
        done: list[tuple[Letter, str | None]] = [
            (letter, None) for letter in letters if letter.event.id in seen
        ]
        by_type: dict[str, list[Letter]] = defaultdict(list)
        for letter in letters:
            if letter.event.id not in seen:
                by_type[letter.event.type].append(letter)
        for event_type, group in by_type.items():
            subscription = self._subscriptions.get(event_type)
            if subscription is None:
                done += [(letter, "no-handler") for letter in group]
            else:
                done += self._handle_type(subscription, group)
        return done

    def _handle_type(
        self, subscription: Subscription, group: Sequence[Letter]
    ) -> list[tuple[Letter, str | None]]:
        try:
            with caused_by(group[0].event.correlationid):
                details = self.details(subscription, [letter.event for letter in group])
        except Exception as problem:
            if len(group) > 1 and not _is_away(problem):
                return [outcome for letter in group for outcome in self._handle_type(subscription, [letter])]
            if not isinstance(problem, PeerUnavailable | RetryLater):
                log.exception("the detail behind %s could not be had", group[0].event.type)
            return [(letter, type(problem).__name__) for letter in group]
        # Sorted everywhere, so that two workers never wait for each other's subjects.
        ordered = sorted(group, key=lambda letter: (letter.event.subject, letter.event.sequence or ""))
        return self._together_or_alone(subscription, ordered, details)

    def details(
        self, subscription: Subscription, events: Sequence[Envelope[Any]]
    ) -> Mapping[UUID, Detail | None]:
        """Return the detail behind each event, by event id, fetched in one call. Raises PeerUnavailable."""
        kind = subscription.detail
        if kind is None:
            return {}
        ids = {event.id: getattr(event.data, kind.asked_by) for event in events}
        details = self._runtime.peers.lookup(kind, ids.values())
        return {event_id: details.get(asked) for event_id, asked in ids.items()}

    def _together_or_alone(
        self, subscription: Subscription, letters: Sequence[Letter], details: Mapping[UUID, Any]
    ) -> list[tuple[Letter, str | None]]:
        """Handle all in one transaction; if that fails, each in its own, with a code for what went wrong."""
        try:
            self._handle(subscription, letters, details)
            return [(letter, None) for letter in letters]
        except Exception as problem:
            if len(letters) == 1:
                return [(letters[0], _code_of(problem, letters[0].event))]
        return [
            outcome
            for letter in letters
            for outcome in self._together_or_alone(subscription, [letter], details)
        ]

    def _handle(
        self, subscription: Subscription, letters: Sequence[Letter], details: Mapping[UUID, Any]
    ) -> None:
        now = self._runtime.clock.now()
        with self._runtime.sessions() as session:
            sqlalchemy_event.listen(session, "before_commit", _not_yet)
            new = _first_time(session, [letter.event for letter in letters])
            once = {letter.event.id: letter.event for letter in letters if letter.event.id in new}
            if once:
                subscription.handler(session, list(once.values()), details, at=now)
            sqlalchemy_event.remove(session, "before_commit", _not_yet)
            session.commit()

    def _seen(self, ids: Sequence[UUID]) -> set[UUID]:
        with self._runtime.sessions() as session:
            return set(session.scalars(select(inbox.c.event_id).where(inbox.c.event_id.in_(ids))))


def _is_away(problem: Exception) -> bool:
    """True if the owner cannot be reached at all; a refusal may concern only one of several events."""
    return isinstance(problem, PeerUnavailable) and not problem.answered


def _not_yet(session: Session) -> None:
    raise CommittedTooSoon("a handler leaves the commit to its consumer")


def _first_time(session: Session, events: Sequence[Envelope[Any]]) -> set[UUID]:
    """Write events into the inbox and return the ids that are new; waits for a worker that is writing one."""
    types = {event.id: event.type for event in events}
    ids = sorted(types)
    return set(session.scalars(REMEMBER, {"ids": ids, "types": [types[event_id] for event_id in ids]}))


def _code_of(problem: Exception, event: Envelope[Any]) -> str:
    if isinstance(problem, RetryLater):
        return problem.code
    log.error("%s could not be handled", event.type, exc_info=problem)
    return type(problem).__name__


def _receipt(delivery: int, fence: int, error: str | None) -> dict[str, Any]:
    return {"delivery": delivery, "fence": fence, "error": error}
