from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.notify.channels.settings import NotifyRuntime
from services.notify.messages.commands import claim_due, claim_unknown
from services.notify.messages.recipients import ByKind
from services.notify.messages.sender import Sender
from shared.messaging import DueWork

# Forty texts at a time, all of them begin within their lease also where each call takes its fifteen seconds.
# What comes to its turn later, such as a letter to a mail server that hangs, is another's by then.
TEXTS_PER_TASK = 100


class Sending:
    """What a worker does with messages. Its sender is made at its first use and keeps its connections."""

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
        DueWork("notify.messages.send", claim_due, sending.send, TEXTS_PER_TASK),
        DueWork("notify.messages.look", claim_unknown, sending.look),
    )
