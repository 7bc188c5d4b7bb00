"""The other services, written by hand: what they would answer, and what they were asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from shared.peers import Peers, PeerUnavailable


class FakePeer:
    def __init__(self) -> None:
        self.knows: dict[str, dict[UUID, dict[str, Any]]] = {}
        self.away = False
        self.asked: list[tuple[str, list[UUID]]] = []

    def learn(self, path: str, **item: Any) -> None:
        """From now on `path` answers this item; `id` is one of its members."""
        self.knows.setdefault(path, {})[UUID(str(item["id"]))] = item

    def lookup(self, path: str, ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
        wanted = list(ids)
        self.asked.append((path, wanted))
        if self.away:
            raise PeerUnavailable(path)
        known = self.knows.get(path, {})
        return {one: known[one] for one in wanted if one in known}


class FakePeers(Peers):
    def __init__(self) -> None:
        self._peers: dict[str, Any] = {name: FakePeer() for name in ("intake", "referral", "notify")}
