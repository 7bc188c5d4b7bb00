from __future__ import annotations

from uuid import UUID

from services.notify.messages import people
from services.notify.messages.commands import claim_due, claim_unknown
from services.notify.messages.sender import sender_for
from shared.messaging import DueWork, task
from shared.runtime import current

SEND, LOOK = "notify.messages.send", "notify.messages.look"


@task(SEND)
def send(ids: list[str]) -> None:
    sender_for(current()).send([UUID(one) for one in ids])


@task(LOOK)
def look(ids: list[str]) -> None:
    sender_for(current()).look([UUID(one) for one in ids])


# Forty texts at a time, all of them begin within their lease also where each call takes its fifteen seconds.
# What comes to its turn later, such as a letter to a mail server that hangs, is another's by then.
TEXTS_PER_TASK = 100

DUE = [
    DueWork("messages-due", claim_due, SEND, TEXTS_PER_TASK),
    DueWork("messages-unknown", claim_unknown, LOOK),
]

people.register()
