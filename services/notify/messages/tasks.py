from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.notify.channels.settings import NotifyRuntime
from services.notify.messages.commands import claim_due, claim_first, claim_unknown
from services.notify.messages.recipients import ByKind
from services.notify.messages.sender import Sender
from shared.messaging import DueWork

# At forty calls at a time, all of these begin within their lease even if each takes its full fifteen seconds.
# What gets its turn later, such as a mail to a server that hangs, has by then been claimed by another worker.
TEXTS_PER_TASK = 100


class Sending:
    """A worker's tasks on messages. The sender is made at its first use and keeps its connections."""

    def __init__(self, recipients: ByKind) -> None:
        self._recipients = recipients
        self._sender: Sender | None = None

    def send(self, runtime: NotifyRuntime, ids: Sequence[UUID]) -> None:
        self._sender_for(runtime).send(ids)

    def look(self, runtime: NotifyRuntime, ids: Sequence[UUID]) -> None:
        self._sender_for(runtime).look(ids)

    def _sender_for(self, runtime: NotifyRuntime) -> Sender:
        if self._sender is None or self._sender.runtime is not runtime:
            self._sender = Sender.of(runtime, self._recipients)
        return self._sender


def due(recipients: ByKind) -> Sequence[DueWork]:
    sending = Sending(recipients)
    return (
        DueWork(
            "notify.messages.send-first", claim_first, sending.send, TEXTS_PER_TASK, wakes=True, first=True
        ),
        DueWork("notify.messages.send", claim_due, sending.send, TEXTS_PER_TASK, wakes=True),
        DueWork("notify.messages.look", claim_unknown, sending.look),
    )
