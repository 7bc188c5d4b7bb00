"""Sending a batch: ask the owners once for all of it, then each message in transactions of its own."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar, cast
from uuid import UUID

from services.notify.channels.choice import channels as chosen_channels
from services.notify.channels.port import Channel, ChannelName, Missing, NotSent, Seen
from services.notify.channels.settings import ChannelSettings
from services.notify.messages import commands, queries, rules
from services.notify.messages.commands import Limits, Ready
from services.notify.messages.sources import Nobody, Recipient, source_of
from services.notify.messages.tables import Attempt, Message, MessageState, RecipientKind
from services.notify.wording import render
from shared.messaging.work import LEASE
from shared.runtime import Runtime
from shared.web.peers import PeerUnavailable

log = logging.getLogger(__name__)
T = TypeVar("T")

CALLS_AT_ONCE = 6
# So often an owner could not be asked, a minute apart: by now a person should know.
CLAIMS_AT_MOST = 300


@dataclass(frozen=True)
class Sender:
    """The channels of one process, and what they are used with."""

    runtime: Runtime
    channels: Mapping[ChannelName, Channel]
    limits: Limits
    callbacks: str

    @classmethod
    def of(cls, runtime: Runtime) -> Sender:
        settings = cast(ChannelSettings, runtime.settings)
        return cls(
            runtime,
            chosen_channels(settings, runtime.sessions, runtime.clock),
            Limits(settings.sms_per_number_per_day, settings.sms_per_day),
            f"{settings.public_url('notify')}/twilio/status",
        )

    def send(self, ids: Sequence[UUID]) -> None:
        """What cannot be sent now is left to its lease; nothing here is retried."""
        _each(self._send_one, self._prepare(ids))

    def look(self, ids: Sequence[UUID]) -> None:
        """Ask the providers once what became of texts that may be on their way."""
        with self.runtime.sessions() as session:
            unsure = queries.claimed(session, ids, MessageState.UNKNOWN)
            attempts = queries.unknown_attempts(session, [message.id for message in unsure])
        seen = {name: self._look_at(name, attempts) for name in {message.channel for message in unsure}}
        _each(lambda message: self._bind(message, seen[message.channel]), unsure)

    def _prepare(self, ids: Sequence[UUID]) -> list[Ready]:
        with self.runtime.sessions() as session:
            messages = queries.claimed(session, ids, MessageState.PLANNED)
        groups: dict[RecipientKind, list[Message]] = defaultdict(list)
        for message in messages:
            groups[message.recipient_kind].append(message)
        return [ready for kind, group in groups.items() for ready in self._resolve(kind, group)]

    def _resolve(self, kind: RecipientKind, group: Sequence[Message]) -> list[Ready]:
        try:
            found = source_of(kind)(self.runtime, group)
        except PeerUnavailable as problem:
            log.warning("%s messages wait: %s", len(group), problem)
            found = {}
            group = [message for message in group if message.fence > CLAIMS_AT_MOST]
            for message in group:
                self._end(message, MessageState.PERSON, "owner-cannot-be-asked")
            return []
        ready = [self._ready(message, found.get(message.id, Nobody("recipient-gone"))) for message in group]
        return [one for one in ready if one is not None]

    def _ready(self, message: Message, recipient: Recipient | Nobody) -> Ready | None:
        if isinstance(recipient, Nobody):
            self._end(message, MessageState.VOID, recipient.reason)
            return None
        try:
            text = render(
                message.purpose,
                recipient.channel,
                recipient.language,
                recipient.country,
                dict(recipient.values),
            )
        except Exception as problem:
            log.error("the words of %s could not be made: %s", message.purpose, type(problem).__name__)
            self._end(message, MessageState.PERSON, "words-cannot-be-made")
            return None
        segments = text.segments if recipient.channel is ChannelName.SMS else None
        return Ready(message.id, message.fence, recipient, text.subject, text.body, segments)

    def _end(self, message: Message, state: MessageState, reason: str) -> None:
        with self.runtime.sessions() as session:
            commands.end(session, message.id, message.fence, state, reason, at=self.runtime.clock.now())

    def _send_one(self, ready: Ready) -> None:
        at = self.runtime.clock.now()
        with self.runtime.sessions() as session:
            outgoing = commands.start(session, ready, limits=self.limits, callbacks=self.callbacks, at=at)
        if outgoing is None:
            return
        # Whoever stood still for so long has lost the message, and what was decided may not be so any more.
        late = self.runtime.clock.now() - at > LEASE
        outcome = NotSent("stood-still") if late else self.channels[ready.recipient.channel].send(outgoing)
        with self.runtime.sessions() as session:
            commands.finish(session, outgoing, outcome, at=self.runtime.clock.now())

    def _look_at(self, name: ChannelName, attempts: Sequence[Attempt]) -> Sequence[Seen | Missing]:
        ours = [attempt for attempt in attempts if attempt.channel == name]
        if not ours:
            return []
        since = min(attempt.called_at for attempt in ours) - rules.CLOCKS_DIFFER
        until = max(attempt.called_at for attempt in ours) + rules.CALL_ENDS + rules.CLOCKS_DIFFER
        return self.channels[name].look(
            since, min(until, datetime.now(UTC)), [attempt.id for attempt in ours]
        )

    def _bind(self, message: Message, seen: Sequence[Seen | Missing]) -> None:
        with self.runtime.sessions() as session:
            commands.bind(session, message.id, seen, at=self.runtime.clock.now())


_installed: Sender | None = None


def sender_for(runtime: Runtime) -> Sender:
    """One per process, made at its first use."""
    global _installed
    if _installed is None or _installed.runtime is not runtime:
        _installed = Sender.of(runtime)
    return _installed


def install(sender: Sender) -> None:
    global _installed
    _installed = sender


def _each(do: Callable[[T], None], items: Sequence[T]) -> None:
    """Several at once; one that fails keeps its lease and does not stop the others."""

    def guarded(item: T) -> None:
        try:
            do(item)
        except Exception:
            log.exception("a message was left to its lease")

    if not items:
        return
    with ThreadPoolExecutor(min(CALLS_AT_ONCE, len(items)), thread_name_prefix="send") as pool:
        for item in items:
            pool.submit(copy_context().run, guarded, item)
