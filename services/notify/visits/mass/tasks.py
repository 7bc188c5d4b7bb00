from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

from services.notify.visits.mass import commands
from services.notify.visits.mass.commands_following import follow as see_who_was_reached
from services.notify.visits.mass.commands_telling import tell as tell_families
from services.notify.visits.mass.commands_telling import tell_queue
from shared.messaging import DueWork
from shared.runtime import Runtime

log = logging.getLogger(__name__)
FAMILIES_PER_TASK = 250


def tell(runtime: Runtime, ids: Sequence[UUID]) -> None:
    """Plan the texts to these families together; where that fails, to each alone.

    One that fails alone keeps its lease.
    """
    try:
        with runtime.sessions() as session:
            tell_families(session, ids, at=runtime.clock.now())
    except Exception:
        if len(ids) == 1:
            log.exception("a family of a mass change was left to its lease")
            return
        for one in ids:
            tell(runtime, [one])


def tell_queues(runtime: Runtime, ids: Sequence[UUID]) -> None:
    """Tell those who wait for a place, each day by itself; one that fails keeps its lease."""
    for day_id in ids:
        try:
            with runtime.sessions() as session:
                tell_queue(session, day_id, at=runtime.clock.now())
        except Exception:
            log.exception("the queue of a day of a mass change was left to its lease")


def follow(runtime: Runtime, ids: Sequence[UUID]) -> None:
    for change_id in ids:
        more = True
        while more:
            with runtime.sessions() as session:
                more = see_who_was_reached(session, change_id, at=runtime.clock.now())


def lapse(runtime: Runtime, ids: Sequence[UUID]) -> None:
    for change_id in ids:
        with runtime.sessions() as session:
            commands.lapse(session, change_id, at=runtime.clock.now())


DUE = (
    DueWork("notify.visits.tell-many", commands.claim_to_tell, tell, FAMILIES_PER_TASK, first=True),
    DueWork("notify.visits.tell-queues", commands.claim_queues, tell_queues),
    DueWork("notify.visits.follow-many", commands.claim_to_follow, follow, 1),
    DueWork("notify.visits.lapse-many", commands.claim_lapsed, lapse),
)
