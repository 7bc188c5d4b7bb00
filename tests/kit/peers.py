"""Hand-written stand-ins for the other services: what they answer, and what they were asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from uuid import UUID

from shared.events.desk import Ask
from shared.events.details import Answer, Detail
from shared.events.erasure import Whom
from shared.events.fitting import AskFitting, Fitting, ServiceFitting
from shared.events.searching import ServiceFound
from shared.peers import AnswerUnreadable, Peer, Peers, PeerUnavailable
from shared.runtime import Runtime
from shared.security.service_tokens import Acting

D = TypeVar("D", bound=Detail)
A = TypeVar("A", bound=Answer)


class FakePeer:
    """A service that answers with the details that a test gave it.

    Raises PeerUnavailable while it is `away`, and AnswerUnreadable for an id in `unreadable`.
    """

    def __init__(self) -> None:
        self._knows: dict[tuple[str, UUID], Detail] = {}
        self.unreadable: set[UUID] = set()
        self.away = False
        self.asked: list[tuple[str, list[UUID]]] = []
        self.services: list[ServiceFound] = []
        self.fits: list[ServiceFitting] = []
        self.asked_for_a_page: list[AskFitting] = []
        # The real service, where a test has one: what the desk asks goes there, and is noted.
        self.desk: Peer | None = None
        self.asked_at_desk: list[Ask] = []
        self.erases: Callable[[Whom], dict[str, int]] = lambda whom: {}

    def learn(self, detail: Detail) -> None:
        """Answer with this detail from now on."""
        self._knows[detail.path, detail.id] = detail

    def knows(self, kind: type[D], detail_id: UUID) -> D:
        """Return the detail that it would answer with now. Raises KeyError if it has none."""
        detail = self._knows[kind.path, detail_id]
        assert isinstance(detail, kind)
        return detail

    def change(self, kind: type[Detail], detail_id: UUID, **changed: Any) -> None:
        """Answer with these members changed from now on."""
        self.learn(self.knows(kind, detail_id).model_copy(update=changed))

    def lookup(self, kind: type[D], ids: Iterable[UUID]) -> dict[UUID, D]:
        wanted = list(ids)
        self.asked.append((kind.path, wanted))
        if self.away:
            raise PeerUnavailable(kind.path)
        if self.unreadable & set(wanted):
            raise AnswerUnreadable(kind.path)
        return {one: self.knows(kind, one) for one in wanted if (kind.path, one) in self._knows}

    def search(self, words: str) -> list[ServiceFound]:
        if self.away:
            raise PeerUnavailable("services")
        return [one for one in self.services if words.lower() in f"{one.organisation} {one.name}".lower()]

    def fitting(self, asked: AskFitting) -> Fitting:
        self.asked_for_a_page.append(asked)
        if self.away:
            raise PeerUnavailable("services")
        return Fitting(items=tuple(self.fits))

    def at_desk(self, asked: Ask, kind: type[A], acting: Acting) -> A:
        self.asked_at_desk.append(asked)
        if self.away or self.desk is None:
            raise PeerUnavailable(asked.path)
        return self.desk.at_desk(asked, kind, acting)

    def erase(self, whom: Whom) -> dict[str, int]:
        if self.away:
            raise PeerUnavailable("erasures")
        return self.erases(whom)


class FakePeers(Peers):
    def __init__(self) -> None:
        self._peers: dict[str, Any] = {name: FakePeer() for name in ("intake", "referral", "notify")}

    def __getitem__(self, name: str) -> FakePeer:
        peer = self._peers[name]
        assert isinstance(peer, FakePeer)
        return peer


def fake(runtime: Runtime[Any], name: str) -> FakePeer:
    """Return the stand-in that this runtime asks in place of another service."""
    assert isinstance(runtime.peers, FakePeers)
    return runtime.peers[name]
