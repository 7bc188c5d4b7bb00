from __future__ import annotations

import logging
from uuid import UUID

from services.notify.visits import commands, source
from shared.messaging import DueWork, task
from shared.runtime import current
from shared.security.keys import Unreadable

log = logging.getLogger(__name__)

REMIND = "notify.visits.remind"


@task(REMIND)
def remind(ids: list[str]) -> None:
    """One that fails keeps its lease and does not stop the others; one that cannot be read is a person's."""
    for step_id in ids:
        try:
            _remind(UUID(step_id))
        except Exception:
            log.exception("a reminder was left to its lease")


def _remind(step_id: UUID) -> None:
    runtime = current()
    with runtime.sessions() as session:
        try:
            commands.remind(session, step_id, at=runtime.clock.now())
        except Unreadable as problem:
            log.error("the family of a reminder could not be read: %s", problem)
            session.rollback()
            commands.give_up(session, step_id, at=runtime.clock.now())


DUE = [DueWork("reminders-due", commands.claim_due, REMIND)]

source.register()
