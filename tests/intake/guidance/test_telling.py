"""The search is told of pages that changed by a worker: nobody who seeks waits for that."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.guidance import commands, indexing
from services.intake.guidance.indexing import Places
from services.intake.guidance.tables import Stem, WordList
from shared.clock import FixedClock
from shared.runtime import Runtime
from tests.intake.guidance.written import article, put, seek
from tests.kit.guidance import tell, told, until_nothing_is_read_aside

RABBIT = article("# today\n\nAai een konijn.", title="Een konijn", asked=["Mag ik een konijn aaien?"])


@pytest.fixture
def runtime(runtime_for: Callable[[str], Runtime]) -> Runtime:
    return runtime_for("intake")


@pytest.fixture
def learnt(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """In which languages the search learnt pages, in order."""
    done: list[str] = []

    def noted(articles: Any, synonyms: Any, language: str) -> Any:
        done.append(language)
        return indexing.learn(articles, synonyms, language)

    monkeypatch.setattr(commands, "learn", noted)
    return done


def states(session: Session) -> int:
    session.rollback()
    return len(session.exec(select(WordList.edition)).all())


def test_the_pages_before_answer_until_the_search_is_told_and_no_request_tells_it(
    client: TestClient, folder: Path, session_for: Callable[[str], Session], learnt: list[str]
) -> None:
    told(client)
    put(folder, "konijn", RABBIT)
    assert seek(client, "kwaad") == ["mag-ik-boos-zijn"]
    assert seek(client, "konijn") == []
    assert states(session_for("intake")) == len(learnt) == 1
    tell(client.app.state.runtime)  # type: ignore[attr-defined]
    assert seek(client, "kwaad") == ["mag-ik-boos-zijn"], "what was read before answers until the new is read"
    until_nothing_is_read_aside()
    assert seek(client, "konijn") == ["konijn"]


def test_a_page_that_was_taken_away_is_not_found_also_by_what_the_search_knew_before(
    client: TestClient, folder: Path
) -> None:
    put(folder, "konijn", RABBIT)
    told(client)
    assert seek(client, "konijn") == ["konijn"]
    (folder / "nl" / "konijn.md").unlink()
    assert seek(client, "konijn") == []


def test_whoever_seeks_first_in_a_new_installation_finds_the_page_also_while_a_worker_is_at_it(
    client: TestClient, folder: Path, runtime: Runtime
) -> None:
    mine = folder / "nl"
    mine.rename(folder / "later")
    put(folder, "lettre", language="fr")
    tell(runtime)
    (folder / "later").rename(mine)
    assert seek(client, "kwaad") == []
    assert isinstance(client.app, FastAPI)
    client.app.state.words_of_pages.begin()
    assert seek(client, "kwaad") == ["mag-ik-boos-zijn"]


def test_what_was_interrupted_half_way_is_as_if_never_begun_and_done_again(
    client: TestClient,
    folder: Path,
    runtime: Runtime,
    session_for: Callable[[str], Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told(client)
    put(folder, "konijn", RABBIT)
    session = session_for("intake")
    with monkeypatch.context() as broken:
        broken.setattr(commands, "_forget_editions", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            tell(runtime)
    assert states(session) == 1
    assert seek(client, "kwaad") == ["mag-ik-boos-zijn"]
    told(client)
    assert states(session) == 2
    assert seek(client, "konijn") == ["konijn"]


def test_of_two_workers_at_once_one_tells_it(client: TestClient, runtime: Runtime, learnt: list[str]) -> None:
    with ThreadPoolExecutor(2) as both:
        list(both.map(tell, [runtime, runtime]))
    assert learnt == ["nl"]


def test_a_change_in_one_language_leaves_what_is_known_of_the_others(
    client: TestClient, folder: Path, runtime: Runtime, learnt: list[str]
) -> None:
    put(folder, "lettre", language="fr")
    tell(runtime)
    put(folder, "konijn", RABBIT)
    tell(runtime)
    assert learnt == ["fr", "nl", "nl"]


def test_only_a_few_states_are_kept_and_who_remembers_none_of_them_reads_the_newest_at_once(
    client: TestClient,
    folder: Path,
    runtime: Runtime,
    session_for: Callable[[str], Session],
    clock: FixedClock,
) -> None:
    told(client)
    for number in range(5):
        clock.advance(timedelta(minutes=1))
        put(folder, "konijn", RABBIT.replace("Een konijn", f"Konijn {number}"))
        tell(runtime)
    session = session_for("intake")
    assert states(session) == commands.EDITIONS_KEPT
    assert len({*session.exec(select(Stem.edition)).all()}) == commands.EDITIONS_KEPT
    assert seek(client, "konijn") == ["konijn"]


def test_where_a_stem_stands_is_kept_as_it_is() -> None:
    there = Places([0, 7, 9_999], [0.5, 1.25, 2.0])
    assert Places.of(there.packed()) == Places((0, 7, 9_999), (0.5, 1.25, 2.0))
