"""People find their page in the words in which they ask, and in other forms of those words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from services.intake.guidance import commands, queries
from services.intake.guidance.library import HOUSE, Library
from shared import toml
from shared.vocabulary import Audience, Stage
from tests.conftest import MORNING

WRITTEN = toml.read(Path(__file__).parent / "questions.toml")
LIBRARY = Library(HOUSE)
pytestmark = pytest.mark.skipif(len(LIBRARY.now().pages) < 60, reason="the pages are not written yet")
Seek = Callable[[str], list[str]]


@pytest.fixture
def seek(session_for: Callable[[str], Session]) -> Seek:
    session, shelf = session_for("intake"), LIBRARY.now()
    commands.tell(session, shelf, at=MORNING)
    index = queries.index(session, "nl", shelf.editions["nl"])
    assert index is not None

    def found(typed: str) -> list[str]:
        meant = index.meant(typed)
        return queries.search(session, index, meant) if meant.is_known else []

    return found


def told(missed: dict[str, Any]) -> str:
    return "\n".join(f"{typed}: {found}" for typed, found in missed.items())


def test_there_is_a_question_of_everybody_at_each_stage() -> None:
    asked: list[tuple[Any, Any]] = [(one["who"], one["stage"]) for one in WRITTEN["question"]]
    assert {*asked} == {(who.value, stage.value) for who in Audience for stage in Stage}
    assert sum(len(one["asks"]) for one in WRITTEN["question"]) >= 60


def test_a_question_of_somebody_finds_its_page_among_the_first_three(seek: Seek) -> None:
    asked = [(asks, one["page"]) for one in WRITTEN["question"] for asks in one["asks"]]
    missed = {asks: seek(asks)[:3] for asks, pages in asked if not {*seek(asks)[:3]} & {*pages}}
    assert len(missed) <= 0.05 * len(asked), told(missed)


def test_other_forms_of_what_is_typed_find_the_same_page_first(seek: Seek) -> None:
    pairs = [(one["first"], typed) for one in WRITTEN["alike"] for typed in one["typed"]]
    assert len(pairs) >= 200
    missed = {typed: (page, seek(typed)[:2]) for page, typed in pairs if seek(typed)[:1] != [page]}
    assert len(missed) <= 0.05 * len(pairs), told(missed)


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("stage", Stage)
def test_there_are_three_pages_for_everybody_at_each_stage(audience: Audience, stage: Stage) -> None:
    pages = LIBRARY.now().in_language("nl")
    assert len([page for page in pages if audience in page.audience and stage in page.all_stages]) >= 3


def test_whoever_reads_another_language_is_led_to_a_page_of_the_same_name() -> None:
    shelf = LIBRARY.now()
    assert [key for key in shelf.pages if not shelf.page(key[1], "nl")] == []
