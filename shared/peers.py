"""Asks another service for the detail behind an event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar
from uuid import UUID

import httpx
from pydantic import ValidationError
from pydantic_core import from_json

from shared.events import erasure, fitting, searching
from shared.events.desk import Ask
from shared.events.details import Answer, D
from shared.events.erasure import Whom
from shared.events.fitting import AskFitting, Fitting
from shared.events.searching import ServiceFound
from shared.security.service_tokens import Acting, issue
from shared.telemetry import correlation_id

BATCH = 100
TIMEOUT = httpx.Timeout(5.0, connect=2.0)
# Somebody is on the line meanwhile.
AT_ONCE = httpx.Timeout(2.0, connect=1.0)
# Erasing looks through everything that could be the person's.
ERASING = httpx.Timeout(60.0, connect=2.0)
# Somebody waits for the page, which is of use without it.
FOR_A_PAGE = httpx.Timeout(0.8, connect=0.4)
# Somebody looks at the page: what does not answer by then is left out of it, and said to be.
AT_DESK = httpx.Timeout(2.0, connect=1.0)

A = TypeVar("A", bound=Answer)


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
        try:
            asked = {"ids": [str(one) for one in ids]}
            answer = self._client.post(kind.path, json=asked, headers=self._headers())
            answer.raise_for_status()
            return [kind.model_validate(item) for item in from_json(answer.content)["items"]]
        except ValidationError:
            raise AnswerUnreadable(f"{self._name} answers {kind.path} otherwise than expected") from None
        except (httpx.HTTPError, ValueError, KeyError) as problem:
            said = f"{self._name} did not answer {kind.path}: {type(problem).__name__}"
            raise PeerUnavailable(said, answered=not _is_away(problem)) from None

    def erase(self, whom: Whom) -> dict[str, int]:
        """Have a person erased there too; returns how many of what. Raises PeerUnavailable.

        Idempotent: after a failure, ask again.
        """
        try:
            asked = whom.model_dump(mode="json", by_alias=True)
            answer = self._client.post(erasure.PATH, json=asked, headers=self._headers(), timeout=ERASING)
            answer.raise_for_status()
            return {str(kind): int(number) for kind, number in from_json(answer.content).items()}
        except (httpx.HTTPError, ValueError, AttributeError, TypeError) as problem:
            said = f"{self._name} did not answer {erasure.PATH}: {type(problem).__name__}"
            raise PeerUnavailable(said, answered=not _is_away(problem)) from None

    def at_desk(self, asked: Ask, kind: type[A], acting: Acting) -> A:
        """Ask what the desk wants to know or have done, in the name of whoever works there.

        Raises PeerUnavailable: of a decision it is then not known whether it was carried out.
        """
        try:
            answer = self._client.post(
                asked.path,
                content=asked.model_dump_json(by_alias=True),
                headers=self._headers(acting) | {"Content-Type": "application/json"},
                timeout=AT_DESK,
            )
            answer.raise_for_status()
            return kind.model_validate_json(answer.content)
        except ValidationError:
            raise AnswerUnreadable(f"{self._name} answers {asked.path} otherwise than expected") from None
        except (httpx.HTTPError, ValueError) as problem:
            said = f"{self._name} did not answer {asked.path}: {type(problem).__name__}"
            raise PeerUnavailable(said, answered=not _is_away(problem)) from None

    def search(self, words: str) -> list[ServiceFound]:
        """Return services of its directory in which these words stand. Raises PeerUnavailable, soon."""
        try:
            answer = self._client.get(
                searching.PATH, params={"q": words}, headers=self._headers(), timeout=AT_ONCE
            )
            answer.raise_for_status()
            return [ServiceFound.model_validate(one) for one in from_json(answer.content)["items"]]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as problem:
            said = f"{self._name} did not answer {searching.PATH}: {type(problem).__name__}"
            raise PeerUnavailable(said, answered=not _is_away(problem)) from None

    def fitting(self, asked: AskFitting) -> Fitting:
        """Return services that fit what a page is about. Raises PeerUnavailable, soon."""
        try:
            answer = self._client.post(
                fitting.PATH,
                content=asked.model_dump_json(by_alias=True),
                headers=self._headers() | {"Content-Type": "application/json"},
                timeout=FOR_A_PAGE,
            )
            answer.raise_for_status()
            return Fitting.model_validate_json(answer.content)
        except (httpx.HTTPError, ValueError) as problem:
            said = f"{self._name} did not answer {fitting.PATH}: {type(problem).__name__}"
            raise PeerUnavailable(said, answered=not _is_away(problem)) from None

    def _headers(self, acting: Acting | None = None) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {issue(self._me, self._name, acting)}"}
        if correlation := correlation_id.get():
            headers["X-Correlation-ID"] = correlation
        return headers


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

    def at_desk(self, name: str, asked: Ask, kind: type[A], acting: Acting) -> A:
        """Like `Peer.at_desk`, at the service with this name."""
        return self._peers[name].at_desk(asked, kind, acting)

    def erase(self, whom: Whom) -> dict[str, dict[str, int]]:
        """Have a person erased at every other service; returns how many of what, by service.

        Raises PeerUnavailable. What was erased by then stays so, and asking again does the rest.
        """
        return {name: peer.erase(whom) for name, peer in self._peers.items()}

    def search(self, words: str) -> list[ServiceFound]:
        """Return services of the directory in which these words stand. Raises PeerUnavailable."""
        return self._peers["referral"].search(words)

    def fitting(self, asked: AskFitting) -> Fitting:
        """Return services of the directory that fit what a page is about. Raises PeerUnavailable."""
        return self._peers["referral"].fitting(asked)
