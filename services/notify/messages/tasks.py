from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.notify.channels.settings import NotifyRuntime
from services.notify.messages import people
from services.notify.messages.commands import claim_due, claim_unknown
from services.notify.messages.sender import sender_for
from shared.messaging import DueWork


def send(runtime: NotifyRuntime, ids: Sequence[UUID]) -> None:
    sender_for(runtime).send(ids)


def look(runtime: NotifyRuntime, ids: Sequence[UUID]) -> None:
    sender_for(runtime).look(ids)


# Forty texts at a time, all of them begin within their lease also where each call takes its fifteen seconds.
# What comes to its turn later, such as a letter to a mail server that hangs, is another's by then.
TEXTS_PER_TASK = 100

DUE = (
    DueWork("notify.messages.send", claim_due, send, TEXTS_PER_TASK),
    DueWork("notify.messages.look", claim_unknown, look),
)

people.register()
