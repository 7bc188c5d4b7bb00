"""Asks another service for the detail behind an event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

import httpx
from pydantic import ValidationError
from pydantic_core import from_json

from shared.events.details import D
from shared.security.service_tokens import issue
from shared.telemetry import correlation_id

BATCH = 100
TIMEOUT = httpx.Timeout(5.0, connect=2.0)


class PeerUnavailable(Exception):
    """The other service did not answer as it should; ask again later.

    `answered`: it responded, but not with what was asked for, which may be due to only one of several ids.
    """

    def __init__(self, said: str, *, answered: bool = False) -> None:
        super().__init__(said)
        self.answered = answered


class AnswerUnreadable(PeerUnavailable):
    """The other service answered with something other than this kind of detail."""

    def __init__(self, said: str) -> None:
        super().__init__(said, answered=True)


class Peer:
    """One other service, asked in batches with a service token that lives for a minute.

    Never ask inside a transaction: the other service may be slow.
    """

    def __init__(self, me: str, name: str, client: httpx.Client) -> None:
        self._me, self._name, self._client = me, name, client

    def lookup(self, kind: type[D], ids: Iterable[UUID]) -> dict[UUID, D]:
        """Return the present detail for these ids; unknown ones are left out. Raises PeerUnavailable."""
        wanted = list(dict.fromkeys(ids))
        details: dict[UUID, D] = {}
        for start in range(0, len(wanted), BATCH):
            for item in self._ask(kind, wanted[start : start + BATCH]):
                details[item.id] = item
        return details

    def _ask(self, kind: type[D], ids: list[UUID]) -> list[D]:
        headers = {"Authorization": f"Bearer {issue(self._me, self._name)}"}
        if correlation := correlation_id.get():
            headers["X-Correlation-ID"] = correlation
        try:
            answer = self._client.post(kind.path, json={"ids": [str(one) for one in ids]}, headers=headers)
            answer.raise_for_status()
            return [kind.model_validate(item) for item in from_json(answer.content)["items"]]
        except ValidationError:
            raise AnswerUnreadable(f"{self._name} answers {kind.path} otherwise than expected") from None
        except (httpx.HTTPError, ValueError, KeyError) as problem:
            said = f"{self._name} did not answer {kind.path}: {type(problem).__name__}"
            raise PeerUnavailable(said, answered=not _is_away(problem)) from None


def _is_away(problem: Exception) -> bool:
    if isinstance(problem, httpx.HTTPStatusError):
        return problem.response.status_code == httpx.codes.SERVICE_UNAVAILABLE
    return isinstance(problem, httpx.TransportError)


class Peers:
    """Every other service, by its name."""

    def __init__(self, me: str, addresses: Mapping[str, str]) -> None:
        clients = {
            name: httpx.Client(base_url=url, timeout=TIMEOUT, trust_env=False)
            for name, url in addresses.items()
            if name != me
        }
        self._peers = {name: Peer(me, name, client) for name, client in clients.items()}

    def lookup(self, kind: type[D], ids: Iterable[UUID]) -> dict[UUID, D]:
        """Like `Peer.lookup`, at the service that owns this kind of detail."""
        return self._peers[kind.owner].lookup(kind, ids)
