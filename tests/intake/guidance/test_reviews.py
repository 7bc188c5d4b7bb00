"""A page whose day has come is on the desk that day, once, until somebody checked it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select

from services.intake.guidance import tasks
from services.intake.guidance.tables import WordList
from services.intake.settings import IntakeSettings
from shared.clock import FixedClock
from shared.desk.items import open_items, resolve
from shared.runtime import Runtime
from tests.intake.guidance.written import put


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


@pytest.fixture
def a_day_passes(
    folder: Path, session: Session, runtime_for: Callable[[str], Runtime[IntakeSettings]], clock: FixedClock
) -> Callable[[int], list[str]]:
    """Returns which pages wait at the desk so many days on."""

    def pass_(days: int) -> list[str]:
        clock.advance(timedelta(days=days))
        ids = tasks.claim(session, clock.now(), 10)
        session.commit()
        tasks.watch(runtime_for("intake"), ids)
        session.rollback()
        found = open_items(session, kind="guidance-review")
        return sorted(f"{one.details['language']}/{one.details['page']}" for one in found)

    return pass_


def test_a_page_is_on_the_desk_from_its_day_on_and_once(
    folder: Path, a_day_passes: Callable[[int], list[str]], session: Session, clock: FixedClock
) -> None:
    put(folder, "een", review_by="2026-12-03")
    put(folder, "een", review_by="2027-12-03", language="fr")
    assert a_day_passes(1) == []
    assert a_day_passes(1) == ["nl/een"]
    assert a_day_passes(1) == ["nl/een"]
    [item] = open_items(session, kind="guidance-review")
    resolve(session, item.id, "page-checked", at=clock.now(), by="staff:1")
    session.commit()
    assert a_day_passes(1) == [], "the same day of the same page is told once"


def test_a_page_with_a_new_day_is_off_the_desk_and_comes_back_on_that_day(
    folder: Path, a_day_passes: Callable[[int], list[str]]
) -> None:
    put(folder, "een", review_by="2026-12-02")
    assert a_day_passes(1) == ["nl/een"]
    put(folder, "een", checked_on="2026-12-02", review_by="2026-12-20")
    assert a_day_passes(1) == []
    assert a_day_passes(20) == ["nl/een"]


def test_a_page_that_is_taken_away_is_off_the_desk(
    folder: Path, a_day_passes: Callable[[int], list[str]]
) -> None:
    file = put(folder, "een", review_by="2026-12-02")
    assert a_day_passes(1) == ["nl/een"]
    file.unlink()
    assert a_day_passes(1) == []


def test_the_desk_reads_which_page_it_is(
    folder: Path,
    a_day_passes: Callable[[int], list[str]],
    session: Session,
    desk_shows: Callable[..., str],
) -> None:
    put(folder, "een", review_by="2026-12-02")
    a_day_passes(1)
    [item] = open_items(session, kind="guidance-review")
    shown = desk_shows("intake", item.id)
    for said in ("Bladzijde nakijken", "moet vandaag opnieuw nagekeken", "een", "Nederlands", "Nagekeken"):
        assert said in shown


def test_the_search_is_told_of_pages_without_anybody_seeking(
    folder: Path, a_day_passes: Callable[[int], list[str]], session: Session
) -> None:
    put(folder, "een")
    a_day_passes(0)
    assert len(session.exec(select(WordList)).all()) == 1


def test_the_pages_are_looked_at_by_one_worker_at_a_time(
    folder: Path, session: Session, clock: FixedClock, runtime_for: Callable[[str], Runtime[IntakeSettings]]
) -> None:
    ids = tasks.claim(session, clock.now(), 10)
    assert len(ids) == 1
    assert tasks.claim(session, clock.now(), 10) == []
    session.commit()
    tasks.watch(runtime_for("intake"), ids)
    assert tasks.claim(session, clock.now(), 10) == []
    clock.advance(tasks.EVERY)
    assert len(tasks.claim(session, clock.now(), 10)) == 1
