"""Sending a batch: look up all recipients at once, then begin, call and record a few at a time."""

from __future__ import annotations

import logging
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy.exc import OperationalError

from services.notify.channels.choice import channels as chosen_channels
from services.notify.channels.choice import reports_to
from services.notify.channels.port import (
    Channel,
    ChannelName,
    Missing,
    NotSent,
    Outcome,
    Outgoing,
    Perhaps,
    Seen,
)
from services.notify.channels.prices import units
from services.notify.channels.settings import NotifyRuntime
from services.notify.contacts import unsubscribing
from services.notify.messages import commands, queries, rules
from services.notify.messages.commands import Limits, Ready
from services.notify.messages.recipients import ByKind, Nobody, Recipient
from services.notify.messages.tables import Attempt, Message, MessageState, RecipientKind
from services.notify.wording import render
from shared.messaging.work import LEASE
from shared.peers import AnswerUnreadable, PeerUnavailable

log = logging.getLogger(__name__)
T = TypeVar("T")
R = TypeVar("R")

# Seconds for which an answer waits for others, so that they are recorded in one transaction.
ANSWERS_TOGETHER = 0.02
# After so many claims, a minute apart, in which the owner could not be asked or the text not begun, a person
# should know.
CLAIMS_AT_MOST = 300


@dataclass(frozen=True)
class Sender:
    """The channels of one process, with everything that sending on them needs."""

    runtime: NotifyRuntime
    channels: Mapping[ChannelName, Channel]
    limits: Limits
    callbacks: str | None
    recipients: ByKind
    pools: dict[ChannelName, ThreadPoolExecutor] = field(default_factory=dict)

    @classmethod
    def of(cls, runtime: NotifyRuntime, recipients: ByKind) -> Sender:
        settings = runtime.settings
        return cls(
            runtime,
            chosen_channels(settings, runtime.sessions, runtime.clock),
            Limits(
                settings.sms_per_number_per_day,
                settings.sms_per_day,
                units(settings.sms_cost_per_day) if settings.sms_cost_per_day else None,
                settings.prices,
            ),
            reports_to(settings, ChannelName.SMS),
            recipients,
        )

    def send(self, ids: Sequence[UUID]) -> None:
        """Send what can be sent now. The rest is left to its lease; nothing is retried here."""
        waiting: dict[ChannelName, list[Ready]] = defaultdict(list)
        for ready in self._prepare(ids):
            waiting[ready.recipient.channel].append(ready)
        # SMS first: mails go a few at a time, and a mail server that hangs would hold the texts up.
        for name in sorted(waiting, key=lambda name: name is not ChannelName.SMS):
            self._send_all(name, waiting[name])

    def look(self, ids: Sequence[UUID]) -> None:
        """Ask each provider once what became of messages that may be on their way."""
        with self.runtime.sessions() as session:
            unsure = queries.claimed(session, ids, MessageState.UNKNOWN)
            attempts = queries.unknown_attempts(session, [message.id for message in unsure])
        seen = {name: self._look_at(name, attempts) for name in {message.channel for message in unsure}}
        for message in unsure:
            _together_or_alone(lambda some: self._bind(some, seen), [message])

    def _prepare(self, ids: Sequence[UUID]) -> list[Ready]:
        messages = self._claimed(ids)
        groups: dict[RecipientKind, list[Message]] = defaultdict(list)
        for message in messages:
            groups[message.recipient_kind].append(message)
        return [ready for kind, group in groups.items() for ready in self._resolve(kind, group)]

    def _claimed(self, ids: Sequence[UUID]) -> Sequence[Message]:
        with self.runtime.sessions() as session:
            try:
                return queries.claimed(session, ids, MessageState.PLANNED, with_number=True)
            except OperationalError:
                raise
            except Exception as problem:
                log.error("a batch holds what cannot be read: %s", type(problem).__name__)
                session.rollback()
                known = queries.claimed(session, ids, MessageState.PLANNED)
        if len(known) > 1:
            return [message for one in known for message in self._claimed([one.id])]
        for message in known:
            self._end(message, MessageState.PERSON, "recipient-cannot-be-read")
        return []

    def _resolve(self, kind: RecipientKind, group: Sequence[Message]) -> list[Ready]:
        try:
            recipients = self.recipients[kind].resolve(self.runtime, group)
        except (PeerUnavailable, OperationalError) as problem:
            if isinstance(problem, AnswerUnreadable) or (len(group) > 1 and _may_be_for_one(problem)):
                return self._resolve_alone(kind, group, problem)
            self._leave(group, problem)
            return []
        except Exception as problem:
            return self._resolve_alone(kind, group, problem)
        ready = [
            self._ready(message, recipients.get(message.id, Nobody("recipient-gone"))) for message in group
        ]
        return [one for one in ready if one is not None]

    def _leave(self, group: Sequence[Message], problem: Exception) -> None:
        """Leave a group to its leases until the owner or the database is back; give up after many claims."""
        why = problem if isinstance(problem, PeerUnavailable) else type(problem).__name__
        log.warning("%s messages wait: %s", len(group), why)
        for message in group:
            if message.fence > CLAIMS_AT_MOST:
                self._end(message, MessageState.PERSON, "owner-cannot-be-asked")

    def _resolve_alone(
        self, kind: RecipientKind, group: Sequence[Message], problem: Exception
    ) -> list[Ready]:
        """Resolve one at a time, so that one recipient that cannot be read does not keep the others back."""
        if len(group) > 1:
            return [ready for message in group for ready in self._resolve(kind, [message])]
        log.error("the recipient of a message could not be read: %s", type(problem).__name__)
        self._end(group[0], MessageState.PERSON, "recipient-cannot-be-read")
        return []

    def _ready(self, message: Message, recipient: Recipient | Nobody) -> Ready | None:
        if isinstance(recipient, Nobody):
            state = MessageState.PERSON if recipient.missed else MessageState.VOID
            self._end(message, state, recipient.reason)
            return None
        try:
            text = render(
                recipient.words or message.purpose,
                recipient.channel,
                recipient.language,
                dict(recipient.values),
            )
        except Exception as problem:
            log.error("the words of %s could not be made: %s", message.purpose, type(problem).__name__)
            self._end(message, MessageState.PERSON, "words-cannot-be-made")
            return None
        segments = text.segments if recipient.channel is ChannelName.SMS else None
        unsubscribe = self._unsubscribe(message, recipient)
        return Ready(message.id, message.fence, recipient, text.subject, text.body, segments, unsubscribe)

    def _unsubscribe(self, message: Message, recipient: Recipient) -> str | None:
        """Return the link that ends mail to a family."""
        if recipient.channel is not ChannelName.EMAIL or not rules.may_unsubscribe(message.recipient_kind):
            return None
        public_url = self.runtime.settings.public_url("notify")
        return unsubscribing.link(public_url, recipient.to, recipient.language)

    def _end(self, message: Message | Ready, state: MessageState, reason: str) -> None:
        with self.runtime.sessions() as session:
            message_id = message.message_id if isinstance(message, Ready) else message.id
            commands.end(session, message_id, message.fence, state, reason, at=self.runtime.clock.now())

    def _send_all(self, name: ChannelName, group: Sequence[Ready]) -> None:
        """Keep up to `calls_at_once` calls going; begin the next, in one transaction, once half are answered.

        Answers are recorded as they come, and those that come together in one transaction.
        """
        at_once, waiting = self.channels[name].calls_at_once, deque(group)
        calls: dict[Future[Outcome], Outgoing] = {}
        while waiting or calls:
            if waiting and len(calls) <= at_once // 2:
                free = min(at_once - len(calls), len(waiting))
                calls |= self._begin([waiting.popleft() for _ in range(free)])
            if calls:
                wait(calls, return_when=FIRST_COMPLETED)
                answered, _ = wait(calls, timeout=ANSWERS_TOGETHER)
                self._finish([(calls.pop(call), call.result()) for call in answered])

    def _begin(self, batch: Sequence[Ready]) -> dict[Future[Outcome], Outgoing]:
        begun, pool = self.runtime.clock.now(), self._pool(batch[0].recipient.channel)
        calls = {}
        for ready, outgoing in self._start(batch, begun):
            try:
                calls[pool.submit(copy_context().run, self._call, ready, outgoing, begun)] = outgoing
            except RuntimeError:
                # No thread could be started, but the call may be queued all the same: it stays in doubt.
                log.exception("the answer to a message will not be heard: no thread could be started")
        return calls

    def _pool(self, name: ChannelName) -> ThreadPoolExecutor:
        """Return the channel's thread pool, with room for every batch of the process.

        Threads are kept: starting one costs as much as a quick call.
        """
        if name not in self.pools:
            calls = self.channels[name].calls_at_once * self.runtime.settings.worker_threads
            self.pools[name] = ThreadPoolExecutor(calls, thread_name_prefix="send")
        return self.pools[name]

    def _start(self, batch: Sequence[Ready], at: datetime) -> list[tuple[Ready, Outgoing]]:
        def start(some: Sequence[Ready]) -> list[tuple[Ready, Outgoing]]:
            with self.runtime.sessions() as session:
                return commands.start(session, some, limits=self.limits, callbacks=self.callbacks, at=at)

        def start_or_give_up(some: Sequence[Ready]) -> list[tuple[Ready, Outgoing]]:
            try:
                return start(some)
            except Exception:
                if len(some) == 1 and some[0].fence > CLAIMS_AT_MOST:
                    self._end(some[0], MessageState.PERSON, "cannot-be-begun")
                raise

        return _together_or_alone(start_or_give_up, batch)

    def _call(self, ready: Ready, outgoing: Outgoing, begun: datetime) -> Outcome:
        # After standing still this long we have lost the lease, and the decision may no longer hold.
        waited = self.runtime.clock.now() - begun
        if waited > LEASE:
            return NotSent("stood-still")
        if outgoing.valid_for is not None and waited >= timedelta(seconds=1):
            outgoing = replace(outgoing, valid_for=outgoing.valid_for - int(waited.total_seconds()))
        if outgoing.valid_for is not None and outgoing.valid_for < 1:
            return NotSent("stood-still")
        try:
            return self.channels[ready.recipient.channel].send(outgoing)
        except Exception:
            log.exception("a channel raised instead of returning an outcome")
            return Perhaps("channel-failed")

    def _finish(self, answers: Sequence[tuple[Outgoing, Outcome]]) -> None:
        def write(some: Sequence[tuple[Outgoing, Outcome]]) -> list[None]:
            with self.runtime.sessions() as session:
                commands.finish(session, some, at=self.runtime.clock.now())
            return []

        def finish(some: Sequence[tuple[Outgoing, Outcome]]) -> list[None]:
            try:
                return write(some)
            except OperationalError:
                # The connection was lost during the call; by now the pool has noticed and opens a new one.
                return write(some)

        _together_or_alone(finish, answers)

    def _look_at(self, name: ChannelName, attempts: Sequence[Attempt]) -> Sequence[Seen | Missing]:
        ours = [attempt for attempt in attempts if attempt.channel == name]
        if not ours:
            return []
        since = min(attempt.called_at for attempt in ours) - rules.CLOCKS_DIFFER
        until = max(attempt.called_at for attempt in ours) + rules.CALL_ENDS + rules.CLOCKS_DIFFER
        return self.channels[name].look(
            since, min(until, datetime.now(UTC)), [attempt.id for attempt in ours]
        )

    def _bind(
        self, messages: Sequence[Message], seen: Mapping[ChannelName, Sequence[Seen | Missing]]
    ) -> list[None]:
        with self.runtime.sessions() as session:
            for message in messages:
                commands.bind(session, message.id, seen[message.channel], at=self.runtime.clock.now())
        return []


def _may_be_for_one(problem: Exception) -> bool:
    """Whether one message may be the cause: so if a peer refused, but not if it or the database is silent."""
    return isinstance(problem, PeerUnavailable) and problem.answered


def _together_or_alone(do: Callable[[Sequence[T]], list[R]], items: Sequence[T]) -> list[R]:
    """Do all items together; if that fails, each alone. One that fails alone keeps its lease."""
    if not items:
        return []
    try:
        return do(items)
    except Exception:
        if len(items) == 1:
            log.exception("a message was left to its lease")
            return []
    return [one for item in items for one in _together_or_alone(do, [item])]
