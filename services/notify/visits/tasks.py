from __future__ import annotations

import logging
from uuid import UUID

from services.notify.visits import commands, source
from shared.messaging import DueWork, task
from shared.runtime import current

log = logging.getLogger(__name__)

REMIND = "notify.visits.remind"


@task(REMIND)
def remind(ids: list[str]) -> None:
    """One that fails keeps its lease and does not stop the others."""
    runtime = current()
    for step_id in ids:
        try:
            with runtime.sessions() as session:
                commands.remind(session, UUID(step_id), at=runtime.clock.now())
        except Exception:
            log.exception("a reminder was left to its lease")


DUE = [DueWork("reminders-due", commands.claim_due, REMIND)]

source.register()
