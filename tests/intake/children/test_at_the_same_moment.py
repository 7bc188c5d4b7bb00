"""A button pressed twice at once, and two browsers at once, do what one press does."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest
from sqlmodel import Session, select

from services.intake.children import codes, commands
from services.intake.children.rules import Asked
from services.intake.children.tables import Box, BoxMessage
from services.intake.children.words import Words, plain
from shared.desk.items import open_items
from shared.runtime import Runtime
from tests.conftest import MORNING

T = TypeVar("T")
ASKED = Asked("Hij slaat me.", 9, "NL", "nl", danger=False)


@pytest.fixture
def intake(runtime_for: Callable[[str], Runtime]) -> Runtime:
    return runtime_for("intake")


def at_once(intake: Runtime, deed: Callable[[Session], T], times: int = 4) -> list[T]:
    ready = Barrier(times)

    def one(_: int) -> T:
        with intake.sessions() as session:
            ready.wait()
            return deed(session)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def offered() -> list[Words]:
    return codes.offered(codes.offer("nl", "form"), "form")


def test_a_question_sent_four_times_at_once_is_one_with_the_same_words(
    intake: Runtime, session: Session
) -> None:
    choices = offered()
    given = at_once(intake, lambda own: commands.ask(own, ASKED, "form", choices, at=MORNING))
    assert {one.words for one in given} == {choices[0]}
    assert len(session.exec(select(Box)).all()) == len(session.exec(select(BoxMessage)).all()) == 1
    assert len(open_items(session, kind="child-wrote")) == 1


def test_words_typed_four_times_at_once_let_in_and_put_one_item_on_the_list(
    intake: Runtime, session: Session
) -> None:
    calm = Asked("Mag ik boos zijn?", 9, "NL", "nl", danger=False)
    given = commands.ask(session, calm, "form", offered(), at=MORNING)
    assert given.words
    words = tuple(map(plain, given.words))
    visits = at_once(intake, lambda own: commands.enter(own, words, at=MORNING))
    assert len(set(visits)) == 4
    assert len(open_items(session, kind="child-wrote")) == 1


def test_what_is_written_four_times_at_once_is_written_once(intake: Runtime, session: Session) -> None:
    commands.ask(session, ASKED, "form", offered(), at=MORNING)
    box = session.exec(select(Box.id)).one()
    session.commit()
    at_once(intake, lambda own: commands.write_back(own, box, "Nog iets.", "another form", at=MORNING))
    assert len(session.exec(select(BoxMessage)).all()) == 2
