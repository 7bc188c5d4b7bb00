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
    """A handler would have ended the transaction that its inbox row, and those of others, are in."""


# In one order, so that no two workers wait for each other's events.
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
    """Handles a batch of deliveries and tells each owner, per delivery, that it is done or why not.

    An event's inbox row and what its handler decided commit together. Events of one type that come together
    share a transaction, since a commit waits for the disk as long for one as for fifty; one that fails takes
    no other with it.
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
                details = self.details(subscription, [one.event for one in group])
        except Exception as problem:
            if len(group) > 1 and not _is_away(problem):
                return [found for one in group for found in self._handle_type(subscription, [one])]
            if not isinstance(problem, PeerUnavailable | RetryLater):
                log.exception("the detail behind %s could not be had", group[0].event.type)
            return [(one, type(problem).__name__) for one in group]
        # In one order everywhere, so that no two workers wait for each other's subjects.
        ordered = sorted(group, key=lambda one: (one.event.subject, one.event.sequence or ""))
        return self._together_or_alone(subscription, ordered, details)

    def details(
        self, subscription: Subscription, events: Sequence[Envelope[Any]]
    ) -> Mapping[UUID, Detail | None]:
        """The detail behind each event, by event id, in one call for all. Raises PeerUnavailable."""
        kind = subscription.detail
        if kind is None:
            return {}
        ids = {one.id: getattr(one.data, kind.asked_by) for one in events}
        found = self._runtime.peers.lookup(kind, ids.values())
        return {event_id: found.get(asked) for event_id, asked in ids.items()}

    def _together_or_alone(
        self, subscription: Subscription, letters: Sequence[Letter], details: Mapping[UUID, Any]
    ) -> list[tuple[Letter, str | None]]:
        """One transaction for all; where one of them fails each has its own, and a code of what is wrong."""
        try:
            self._handle(subscription, letters, details)
            return [(one, None) for one in letters]
        except Exception as problem:
            if len(letters) == 1:
                return [(letters[0], _code_of(problem, letters[0].event))]
        return [answer for one in letters for answer in self._together_or_alone(subscription, [one], details)]

    def _handle(
        self, subscription: Subscription, letters: Sequence[Letter], details: Mapping[UUID, Any]
    ) -> None:
        now = self._runtime.clock.now()
        with self._runtime.sessions() as session:
            sqlalchemy_event.listen(session, "before_commit", _not_yet)
            new = _first_time(session, [one.event for one in letters])
            once = {one.event.id: one.event for one in letters if one.event.id in new}
            if once:
                subscription.handler(session, list(once.values()), details, at=now)
            sqlalchemy_event.remove(session, "before_commit", _not_yet)
            session.commit()

    def _seen(self, ids: Sequence[UUID]) -> set[UUID]:
        with self._runtime.sessions() as session:
            return set(session.scalars(select(inbox.c.event_id).where(inbox.c.event_id.in_(ids))))


def _is_away(problem: Exception) -> bool:
    """Whoever does not answer at all answers for none; a refusal may be about one of many."""
    return isinstance(problem, PeerUnavailable) and not problem.answered


def _not_yet(session: Session) -> None:
    raise CommittedTooSoon("a handler leaves the commit to its consumer")


def _first_time(session: Session, events: Sequence[Envelope[Any]]) -> set[UUID]:
    """Write events into the inbox; those that were not there. Waits for another who is writing one now."""
    types = {one.id: one.type for one in events}
    ids = sorted(types)
    return set(session.scalars(REMEMBER, {"ids": ids, "types": [types[one] for one in ids]}))


def _code_of(problem: Exception, event: Envelope[Any]) -> str:
    if isinstance(problem, RetryLater):
        return problem.code
    log.error("%s could not be handled", event.type, exc_info=problem)
    return type(problem).__name__


def _receipt(delivery: int, fence: int, error: str | None) -> dict[str, Any]:
    return {"delivery": delivery, "fence": fence, "error": error}
