"""Lets pieces of work that arrive together share one transaction; each gets its answer after the commit.

A commit waits for the disk, and one wait serves many pieces as well as one. No piece waits for others to
arrive: it begins at once if nothing runs, and else goes next, together with all that arrived meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError

Piece = TypeVar("Piece")
Answer = TypeVar("Answer")
AT_MOST = 64
# Operational errors caused by what is in the transaction: serialisation failure, deadlock, lock time-out.
OF_THE_PIECES = frozenset({"40001", "40P01", "55P03"})


class Together(Generic[Piece, Answer]):
    """Runs `work`, which does some pieces in one transaction and returns an answer for each, in order.

    If it fails for several pieces, each is tried alone, so that a wrong one does not make the others fail. If
    the database itself does not respond, all fail at once. `work` must allow being called again with a piece
    whose transaction failed.
    """

    def __init__(self, work: Callable[[Sequence[Piece]], Awaitable[Sequence[Answer]]]) -> None:
        self._work = work
        self._waiting: list[tuple[Piece, asyncio.Future[Answer]]] = []
        self._runner: asyncio.Task[None] | None = None

    async def __call__(self, piece: Piece) -> Answer:
        """Return this piece's answer once its transaction is on disk. Raises what `work` raises for it."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((piece, answer))
        if self._runner is None:
            self._runner = asyncio.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:AT_MOST], self._waiting[AT_MOST:]
                results = await self._do([piece for piece, _ in batch])
                for (_, answer), result in zip(batch, results, strict=True):
                    _tell(answer, result)
        finally:
            self._runner = None

    async def _do(self, pieces: Sequence[Piece]) -> Sequence[Answer | Exception]:
        try:
            return await self._work(pieces)
        except Exception as problem:
            if len(pieces) == 1 or _is_the_servers(problem):
                return [problem] * len(pieces)
        return [result for piece in pieces for result in await self._do([piece])]


def _is_the_servers(problem: Exception) -> bool:
    if isinstance(problem, DBAPIError):
        return isinstance(problem, OperationalError) and _code(problem) not in OF_THE_PIECES
    return isinstance(problem, TimeoutError)


def _code(problem: OperationalError) -> str | None:
    return getattr(problem.orig, "sqlstate", None)


def _tell(answer: asyncio.Future[Answer], result: Answer | Exception) -> None:
    if answer.done():  # the request was cancelled
        return
    if isinstance(result, Exception):
        answer.set_exception(result)
    else:
        answer.set_result(result)
