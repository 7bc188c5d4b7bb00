from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

from services.notify.visits import commands
from services.notify.visits.commands.linking import give_links
from services.notify.visits.commands.marking import mark
from shared.crypto import Unreadable
from shared.messaging import DueWork
from shared.runtime import Runtime

log = logging.getLogger(__name__)


def remind(runtime: Runtime, ids: Sequence[UUID]) -> None:
    """Turn these steps into messages, each in a transaction of its own.

    One that fails keeps its lease and does not stop the others; one that cannot be decrypted goes to a
    person.
    """
    for step_id in ids:
        try:
            _remind(runtime, step_id)
        except Exception:
            log.exception("a reminder was left to its lease")


def _remind(runtime: Runtime, step_id: UUID) -> None:
    with runtime.sessions() as session:
        try:
            commands.remind(session, step_id, at=runtime.clock.now())
        except Unreadable as problem:
            log.error("the family of a reminder could not be read: %s", problem)
            session.rollback()
            commands.give_up(session, step_id, at=runtime.clock.now())


def lapse(runtime: Runtime, ids: Sequence[UUID]) -> None:
    """Forget what waited too long for a second person, each in a transaction of its own."""
    for waiting_id in ids:
        with runtime.sessions() as session:
            commands.lapse(session, waiting_id, at=runtime.clock.now())


def lapse_offers(runtime: Runtime, ids: Sequence[UUID]) -> None:
    """Give the places that nobody answered about to the next, each in a transaction of its own.

    One that fails keeps its lease and does not stop the others.
    """
    for registration_id in ids:
        try:
            with runtime.sessions() as session:
                commands.lapse_offer(session, registration_id, at=runtime.clock.now())
        except Exception:
            log.exception("an offer of a place was left to its lease")


def nothing(runtime: Runtime, ids: Sequence[UUID]) -> None:
    """There is never anything left to do."""


DUE = (
    DueWork("notify.visits.remind", commands.claim_due, remind),
    DueWork("notify.visits.lapse", commands.claim_lapsed, lapse),
    DueWork("notify.visits.lapse-offers", commands.claim_lapsed_offers, lapse_offers),
    DueWork("notify.visits.mark", mark, nothing),
    DueWork("notify.visits.link", give_links, nothing),
)
