from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.notify.replies import commands
from services.notify.visits.commands import claim_unchosen
from shared.messaging import DueWork
from shared.runtime import Runtime


def leave_to_a_person(runtime: Runtime, ids: Sequence[UUID]) -> None:
    """Leave each of these to a person, in a transaction of its own."""
    for choice_id in ids:
        with runtime.sessions() as session:
            commands.not_chosen(session, choice_id, at=runtime.clock.now())


DUE = (DueWork("notify.replies.unchosen", claim_unchosen, leave_to_a_person),)
