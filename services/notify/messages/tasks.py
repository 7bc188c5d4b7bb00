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


# With a provider that lets every call run into its time-out the last of them still begin within the lease.
TEXTS_PER_TASK = 100

DUE = [
    DueWork("messages-due", claim_due, SEND, TEXTS_PER_TASK),
    DueWork("messages-unknown", claim_unknown, LOOK),
]

people.register()
