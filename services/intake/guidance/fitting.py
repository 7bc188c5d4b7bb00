"""Services that fit a page, from the directory: known for minutes, and left out while nobody can tell."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock, Thread
from typing import Any

from services.intake.guidance.articles import Article
from shared.events.fitting import AskFitting, ServiceFitting
from shared.peers import PeerUnavailable
from shared.runtime import Runtime
from shared.vocabulary import Audience, HelpFor

log = logging.getLogger(__name__)
# How long an answer is told again, how long while a newer one is asked for beside the page, and how long
# nobody is asked after there was none.
FRESH, STALE, PATIENCE = timedelta(minutes=5), timedelta(hours=1), timedelta(seconds=30)
THREAD = "services-that-fit"
MOST_KNOWN = 2_000
HELPS = {
    Audience.CHILD: HelpFor.CHILD,
    Audience.CARER: HelpFor.CARER,
    Audience.PARENT_IN_DETENTION: HelpFor.PARENT_IN_DETENTION,
    Audience.SCHOOL: HelpFor.PROFESSIONAL,
    Audience.PROFESSIONAL: HelpFor.PROFESSIONAL,
    Audience.PRISON_STAFF: HelpFor.PROFESSIONAL,
}
Services = tuple[ServiceFitting, ...]


@dataclass(frozen=True)
class _Known:
    services: Services
    at: datetime

    def is_within(self, time: timedelta, at: datetime) -> bool:
        return self.at <= at < self.at + time


class ServicesThatFit:
    """Asks the directory of referral, and remembers what it said: for an hour nobody waits for that again."""

    def __init__(self, runtime: Runtime[Any]) -> None:
        self._runtime = runtime
        self._known: dict[AskFitting, _Known] = {}
        self._away_until: datetime | None = None
        self._asking = Lock()

    def of(self, page: Article, reader: str) -> Services:
        """Return services that fit this page; none while the directory cannot be asked."""
        asked, at = question(page, reader), self._runtime.clock.now()
        known = self._known.get(asked)
        if known is None or not known.is_within(STALE, at):
            known = self._ask(asked, at) or known
        elif not known.is_within(FRESH, at) and self._asking.acquire(blocking=False):
            Thread(target=self._ask_aside, args=(asked, at), name=THREAD, daemon=True).start()
        return known.services if known else ()

    def _ask_aside(self, asked: AskFitting, at: datetime) -> None:
        try:
            self._ask(asked, at)
        finally:
            self._asking.release()

    def _ask(self, asked: AskFitting, at: datetime) -> _Known | None:
        if self._away_until and at < self._away_until <= at + PATIENCE:
            return None
        try:
            found = self._runtime.peers.fitting(asked)
        except PeerUnavailable as problem:
            log.warning("services that fit a page are not known: %s", problem)
            self._away_until = at + PATIENCE
            return None
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[asked] = _Known(found.items, at)
        return self._known[asked]


def question(page: Article, reader: str) -> AskFitting:
    """Return what to ask of the directory for a page: what it is about, and nobody."""
    return AskFitting(
        needs=page.needs,
        help_for=tuple(dict.fromkeys(HELPS[one] for one in page.audience)),
        countries=page.countries,
        stages=page.stages,
        language=page.language,
        reader=reader,
    )
