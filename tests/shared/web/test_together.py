from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from shared.web.together import AT_MOST, Together

MANY = 3 * AT_MOST


class Worker:
    """Answers for pieces; what `refuses` says of one fails the whole transaction."""

    def __init__(self, refuses: Callable[[int], Exception | None] = lambda _: None) -> None:
        self._refuses = refuses
        self.seen: list[list[int]] = []

    async def work(self, pieces: Sequence[int]) -> list[str]:
        self.seen.append(list(pieces))
        for piece in pieces:
            problem = self._refuses(piece)
            if problem is not None:
                raise problem
        return [f"answer {piece}" for piece in pieces]


def everybody_asks(worker: Worker, number: int) -> list[str | BaseException]:
    async def ask() -> list[str | BaseException]:
        together = Together(worker.work)
        asked = [asyncio.ensure_future(together(piece)) for piece in range(number)]
        return await asyncio.gather(*asked, return_exceptions=True)

    return asyncio.run(ask())


def test_many_who_arrive_together_share_a_few_transactions_and_each_gets_their_own_answer() -> None:
    worker = Worker()
    assert everybody_asks(worker, MANY) == [f"answer {piece}" for piece in range(MANY)]
    assert [len(pieces) for pieces in worker.seen] == [AT_MOST] * 3


def test_who_comes_alone_waits_for_nobody() -> None:
    worker = Worker()
    assert everybody_asks(worker, 1) == ["answer 0"]
    assert worker.seen == [[0]]


def test_one_that_is_wrong_takes_no_other_with_it() -> None:
    wrong = IntegrityError("INSERT", {}, Exception("this key was used"))
    answers = everybody_asks(Worker(lambda piece: wrong if piece == 7 else None), 20)
    assert answers.pop(7) is wrong
    assert answers == [f"answer {piece}" for piece in range(20) if piece != 7]


def test_when_the_database_is_away_nobody_waits_for_one_try_each() -> None:
    away = OperationalError("INSERT", {}, Exception("connection refused"))
    worker = Worker(lambda _: away)
    assert everybody_asks(worker, 20) == [away] * 20
    assert len(worker.seen) == 1


def test_a_deadlock_is_of_the_pieces_and_each_is_tried_alone() -> None:
    class Deadlock(Exception):
        sqlstate = "40P01"

    worker = Worker()
    deadlock = OperationalError("INSERT", {}, Deadlock())
    worker._refuses = lambda _: deadlock if len(worker.seen[-1]) > 1 else None
    assert everybody_asks(worker, 20) == [f"answer {piece}" for piece in range(20)]


def test_who_went_away_does_not_disturb_the_others() -> None:
    worker = Worker()

    async def ask() -> str:
        together = Together(worker.work)
        gone, staying = asyncio.ensure_future(together(1)), asyncio.ensure_future(together(2))
        await asyncio.sleep(0)
        gone.cancel()
        answer = await staying
        with pytest.raises(asyncio.CancelledError):
            await gone
        return answer

    assert asyncio.run(ask()) == "answer 2"


def test_it_goes_on_after_a_failure() -> None:
    wrong = IntegrityError("INSERT", {}, Exception())
    worker = Worker(lambda piece: wrong if piece == 0 else None)

    async def ask() -> str:
        together = Together(worker.work)
        with pytest.raises(IntegrityError):
            await together(0)
        return await together(1)

    assert asyncio.run(ask()) == "answer 1"
