"""Asking all services about their work items, side by side: one that does not answer keeps no other back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from shared.clock import monotonic
from shared.desk import auditing, looking
from shared.desk.actions import DeskActions
from shared.events.auditing import AskAudit
from shared.events.desk import Ask, AskAct, AskActOnAll, AskItem, AskLines, AskPage, AskShow
from shared.events.details import Answer
from shared.events.services import SERVICES
from shared.peers import PeerUnavailable
from shared.runtime import Runtime
from shared.security.service_tokens import Acting

A = TypeVar("A", bound=Answer)
ME = "intake"
# The longest that a page waits for another service.
PATIENCE = 2.0
# For what many people ask of two services at once.
POOL = ThreadPoolExecutor(16, "desk")
HERE: Mapping[type[Ask], Any] = {
    AskLines: looking.lines,
    AskItem: looking.found,
    AskPage: looking.page,
    AskShow: looking.show,
    AskAct: looking.act,
    AskActOnAll: looking.act_on_all,
    AskAudit: auditing.entries,
}


@dataclass(frozen=True)
class Desk:
    """The work items of all services, in the name of somebody, at a moment."""

    runtime: Runtime[Any]
    actions: DeskActions
    acting: Acting
    at: datetime

    def ask_all(self, services: Iterable[str], asked: Ask, kind: type[A]) -> dict[str, A | None]:
        """Ask several services at once; None for one that does not answer as it should, or not in time."""
        return self.ask_each(dict.fromkeys(services, asked), kind)

    def ask_each(self, asked: Mapping[str, Ask], kind: type[A]) -> dict[str, A | None]:
        """As `ask_all`, each service something of its own."""
        until = monotonic() + PATIENCE
        running = {
            name: POOL.submit(copy_context().run, partial(self._elsewhere, name, one, kind))
            for name, one in asked.items()
            if name != ME
        }
        own: dict[str, A | None] = {ME: self._here(asked[ME])} if ME in asked else {}
        others = {name: _in_time(one, until - monotonic()) for name, one in running.items()}
        return {name: (own | others)[name] for name in asked}

    def ask(self, service: str, asked: Ask, kind: type[A]) -> A:
        """Ask one service. Raises PeerUnavailable."""
        if service == ME:
            done: A = self._here(asked)
            return done
        return self._elsewhere(service, asked, kind)

    def _elsewhere(self, service: str, asked: Ask, kind: type[A]) -> A:
        return self.runtime.peers.at_desk(service, asked, kind, self.acting)

    def _here(self, asked: Ask) -> Any:
        # In a session of its own: nothing else is open while the others are waited for.
        with self.runtime.sessions() as session:
            return HERE[type(asked)](session, self.actions, asked, self.acting, self.at)


def _in_time(running: Future[A], left: float) -> A | None:
    try:
        return running.result(timeout=max(left, 0.0))
    except (PeerUnavailable, TooLate):
        return None


def known(service: str) -> bool:
    return service in SERVICES
