"""Guessing gets slower and slower, and keeps nobody out who was here these last days."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.intake.staff.commands import From, Proof, guessing, index_of, proving, sign_in
from services.intake.staff.tables import StaffSession
from shared.errors import TooMany
from shared.runtime import Runtime
from tests.conftest import MORNING
from tests.intake.staff.conftest import ELSEWHERE, HOME, OFFICE
from tests.kit.staff import PASSWORD, Somebody, somebody

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


def tries(session: Session, email: str, origin: str, at: datetime) -> int:
    """How many tries there are before somebody has to wait."""
    for number in range(1000):
        try:
            guessing.begin(session, index_of(email), origin, at)
        except TooMany:
            return number
    raise AssertionError("nobody was ever slowed")


def test_the_wait_grows_from_a_minute_to_a_quarter_of_an_hour_to_an_hour(session: Session) -> None:
    email = "noor@centre.example"
    assert tries(session, email, HOME, NOW) == 5
    assert tries(session, email, HOME, NOW + timedelta(minutes=1)) == 5
    assert tries(session, email, HOME, NOW + timedelta(minutes=2)) == 0
    assert tries(session, email, HOME, NOW + timedelta(minutes=15)) == 5
    assert tries(session, email, HOME, NOW + timedelta(minutes=16)) == 5
    assert tries(session, email, HOME, NOW + timedelta(minutes=30)) == 0
    assert tries(session, email, HOME, NOW + timedelta(minutes=60)) == 5


def test_a_try_that_was_refused_for_being_too_soon_makes_the_wait_no_longer(session: Session) -> None:
    email = "noor@centre.example"
    for _ in range(50):
        tries(session, email, HOME, NOW)
    with pytest.raises(TooMany) as refused:
        guessing.begin(session, index_of(email), HOME, NOW)
    assert refused.value.retry_after == 60
    guessing.begin(session, index_of(email), HOME, NOW + timedelta(minutes=1))


def test_who_is_guessed_at_from_everywhere_is_slowed_everywhere_but_where_they_are_known(
    session: Session,
) -> None:
    index = index_of("noor@centre.example")
    guessing.remember(session, index, OFFICE, NOW - timedelta(days=2))
    for number in range(10):
        guessing.begin(session, index, f"203.0.113.{number}", NOW)
    with pytest.raises(TooMany):
        guessing.begin(session, index, ELSEWHERE, NOW)
    guessing.begin(session, index, OFFICE, NOW)
    guessing.begin(session, index_of("lies@centre.example"), ELSEWHERE, NOW)


def test_one_place_that_tries_many_people_is_slowed_and_known_people_there_are_not(session: Session) -> None:
    index = index_of("noor@centre.example")
    guessing.remember(session, index, OFFICE, NOW)
    for number in range(30):
        guessing.begin(session, index_of(f"{number}@centre.example"), OFFICE, NOW)
    with pytest.raises(TooMany):
        guessing.begin(session, index_of("lies@centre.example"), OFFICE, NOW)
    guessing.begin(session, index, OFFICE, NOW)


def test_a_place_is_known_for_some_days_and_not_for_ever(session: Session) -> None:
    index = index_of("noor@centre.example")
    guessing.remember(session, index, OFFICE, NOW)
    assert guessing.is_known(session, index, OFFICE, NOW + timedelta(days=4))
    assert not guessing.is_known(session, index, OFFICE, NOW + timedelta(days=8))
    assert not guessing.is_known(session, index, HOME, NOW)


def test_whatever_strangers_guess_the_owner_gets_in_from_where_they_were(
    at: Callable[[str], TestClient], noor: Somebody
) -> None:
    def enter(host: str, password: str = PASSWORD) -> int:
        sent = {"email": noor.email, "password": password, "code": noor.next_code()}
        return int(at(host).post("/desk/sign-in", data=sent).status_code)

    assert enter(OFFICE) == 303
    guesses = [enter(f"203.0.113.{number}", "guess") for number in range(15)]
    assert guesses == [401] * 10 + [429] * 5
    noor._used = 1
    assert enter(OFFICE) == 303


def test_right_tries_are_not_held_against_anybody(session: Session, noor: Somebody) -> None:
    for code in noor.recovery:
        sign_in(session, Proof(noor.email, PASSWORD, code), From(HOME), at=MORNING)
    assert len(session.scalars(select(StaffSession)).all()) == 10


def test_nobody_learns_from_the_wait_who_works_here(
    at: Callable[[str], TestClient], session: Session, noor: Somebody
) -> None:
    def answers(email: str, host: str) -> list[int]:
        sent = {"email": email, "password": "guess", "code": "123456"}
        return [at(host).post("/desk/sign-in", data=sent).status_code for _ in range(7)]

    assert answers(noor.email, HOME) == answers("nobody@centre.example", ELSEWHERE)


def test_many_guesses_at_the_same_moment_are_no_more_than_one_after_the_other(
    runtime_for: Callable[[str], Runtime], noor: Somebody
) -> None:
    sessions = runtime_for("intake").sessions

    def guess(number: int) -> str:
        with sessions() as session:
            try:
                sign_in(session, Proof(noor.email, f"guess {number}", "1"), From(HOME), at=MORNING)
            except TooMany:
                return "slowed"
            except proving.NotYou:
                return "refused"
        return "in"

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(guess, range(12)))
    assert (found.count("refused"), found.count("slowed")) == (5, 7)


def test_one_code_at_the_same_moment_opens_once(
    runtime_for: Callable[[str], Runtime], session: Session, noor: Somebody
) -> None:
    sessions, codes = runtime_for("intake").sessions, [noor.code()] * 2 + [noor.recovery[0]] * 2

    def enter(code: str) -> bool:
        with sessions() as mine:
            try:
                sign_in(mine, Proof(noor.email, PASSWORD, code), From(HOME), at=MORNING)
            except proving.NotYou:
                return False
        return True

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(enter, codes))
    assert (sum(found[:2]), sum(found[2:])) == (1, 1)


def test_the_pages_say_how_long_to_wait(client: TestClient, session: Session) -> None:
    lies = somebody(session, name="Lies")
    sent = {"email": lies.email, "password": "guess", "code": "123456"}
    headers = {"Accept-Language": "en"}
    for _ in range(5):
        client.post("/desk/sign-in", data=sent, headers=headers)
    answer = client.post("/desk/sign-in", data=sent, headers=headers)
    assert answer.status_code == 429
    assert "Try again in 1 min" in answer.text
    assert 0 < int(answer.headers["retry-after"]) <= 60


def test_in_one_session_no_more_is_tried_from_a_thousand_places(session: Session) -> None:
    """Whoever took a session proves nothing by guessing from everywhere; its owner signs in anew."""
    index, taken, anew = index_of("noor@centre.example"), uuid4(), uuid4()
    for number in range(5):
        guessing.begin(session, index, f"192.0.2.{number}", NOW, session_id=taken)
    with pytest.raises(TooMany):
        guessing.begin(session, index, "192.0.2.99", NOW, session_id=taken)
    guessing.begin(session, index, OFFICE, NOW, session_id=anew)
