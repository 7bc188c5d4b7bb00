"""The other services, written by hand: what they would answer, and what they were asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from shared.events.details import Detail
from shared.peers import AnswerUnreadable, Peers, PeerUnavailable
from shared.runtime import Runtime

D = TypeVar("D", bound=Detail)


class FakePeer:
    """Answers with what a test lets it know; `unreadable` is what it holds and cannot answer with."""

    def __init__(self) -> None:
        self._knows: dict[tuple[str, UUID], Detail] = {}
        self.unreadable: set[UUID] = set()
        self.away = False
        self.asked: list[tuple[str, list[UUID]]] = []

    def learn(self, detail: Detail) -> None:
        """From now on this is what it answers."""
        self._knows[detail.path, detail.id] = detail

    def knows(self, kind: type[D], detail_id: UUID) -> D:
        """What it would answer now."""
        found = self._knows[kind.path, detail_id]
        assert isinstance(found, kind)
        return found

    def change(self, kind: type[Detail], detail_id: UUID, **changed: Any) -> None:
        """From now on it answers with this instead."""
        self.learn(self.knows(kind, detail_id).model_copy(update=changed))

    def lookup(self, kind: type[D], ids: Iterable[UUID]) -> dict[UUID, D]:
        wanted = list(ids)
        self.asked.append((kind.path, wanted))
        if self.away:
            raise PeerUnavailable(kind.path)
        if self.unreadable & set(wanted):
            raise AnswerUnreadable(kind.path)
        return {one: self.knows(kind, one) for one in wanted if (kind.path, one) in self._knows}


class FakePeers(Peers):
    def __init__(self) -> None:
        self._peers: dict[str, Any] = {name: FakePeer() for name in ("intake", "referral", "notify")}

    def __getitem__(self, name: str) -> FakePeer:
        found = self._peers[name]
        assert isinstance(found, FakePeer)
        return found


def fake(runtime: Runtime[Any], name: str) -> FakePeer:
    """The stand-in for another service that this runtime asks."""
    assert isinstance(runtime.peers, FakePeers)
    return runtime.peers[name]
