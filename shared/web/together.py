"""Pieces of work that arrive together share one transaction, and each is answered after its commit.

A commit waits for the disk, and one wait serves many as well as one. Nobody is made to wait for company: what
arrives while nothing runs begins at once, and what arrives meanwhile goes together next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError

Piece = TypeVar("Piece")
Answer = TypeVar("Answer")
AT_MOST = 64
# Operational errors that come of what was in the transaction: serialisation failure, deadlock, lock time-out.
OF_THE_PIECES = frozenset({"40001", "40P01", "55P03"})


class Together(Generic[Piece, Answer]):
    """`work` does some pieces in one transaction, and answers for each of them in order.

    Where it fails for many, each is tried alone, so that one that is wrong takes no other with it; where the
    database itself does not answer, nobody else is made to wait for that. `work` must bear being called
    again with a piece whose transaction failed.
    """

    def __init__(self, work: Callable[[Sequence[Piece]], Awaitable[Sequence[Answer]]]) -> None:
        self._work = work
        self._waiting: list[tuple[Piece, asyncio.Future[Answer]]] = []
        self._runner: asyncio.Task[None] | None = None

    async def __call__(self, piece: Piece) -> Answer:
        """The answer for this piece, when its transaction is on disk; raises what `work` raises for it."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((piece, answer))
        if self._runner is None:
            self._runner = asyncio.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:AT_MOST], self._waiting[AT_MOST:]
                found = await self._do([piece for piece, _ in batch])
                for (_, answer), result in zip(batch, found, strict=True):
                    _tell(answer, result)
        finally:
            self._runner = None

    async def _do(self, pieces: Sequence[Piece]) -> Sequence[Answer | Exception]:
        try:
            return await self._work(pieces)
        except Exception as problem:
            if len(pieces) == 1 or _is_the_servers(problem):
                return [problem] * len(pieces)
        return [one for piece in pieces for one in await self._do([piece])]


def _is_the_servers(problem: Exception) -> bool:
    if isinstance(problem, DBAPIError):
        return isinstance(problem, OperationalError) and _code(problem) not in OF_THE_PIECES
    return isinstance(problem, TimeoutError)


def _code(problem: OperationalError) -> str | None:
    return getattr(problem.orig, "sqlstate", None)


def _tell(answer: asyncio.Future[Answer], result: Answer | Exception) -> None:
    if answer.done():  # whoever asked has gone away
        return
    if isinstance(result, Exception):
        answer.set_exception(result)
    else:
        answer.set_result(result)
