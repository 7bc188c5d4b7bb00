"""What a person does with questions from the public form that wait together."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from services.intake.requests.tables import Doubt, State, WaitsFor
from shared.clock import FixedClock
from shared.desk.items import groups
from shared.runtime import Runtime
from tests.intake.requests.kept import all_kept, lines, only
from tests.intake.requests.pressing import press
from tests.intake.requests.questions import fields, from_place, send, send_at_once
from tests.kit.desk import one_desk
from tests.kit.staff import sign_in


@pytest.fixture
def client(client_for: Callable[[str], TestClient]) -> TestClient:
    return client_for("intake")


@pytest.fixture
def session(session_for: Callable[[str], Session]) -> Session:
    return session_for("intake")


@pytest.fixture
def desk(
    runtime_for: Callable[[str], Runtime], client_for: Callable[[str], TestClient], session: Session
) -> TestClient:
    client = one_desk(runtime_for, client_for)
    sign_in(client, session)
    return client


def test_hundreds_are_one_line_at_the_desk_and_go_with_one_press(
    desk: TestClient, session: Session, clock: FixedClock
) -> None:
    # From nowhere that is known: who sends so many from one place is on a line of their own.
    somebody = from_place(desk, "no-address")
    for _ in range(120):
        send_at_once(somebody, fields(channel="none"))
    page = desk.get("/desk", headers={"Accept-Language": "en"}).text
    assert page.count("/desk/groups/intake/") == 1
    assert "(120)" in page
    [group] = groups(session)
    clock.advance(timedelta(minutes=1))
    shown = press(desk, group, "not-real")
    send(somebody, fields(channel="none"))
    assert "Done: 120." in shown.text
    closed = [row for row in all_kept(session) if row.state is State.CLOSED]
    assert {row.closed_as for row in closed} == {"not-real"}
    assert (len(closed), lines(session)) == (120, [(Doubt.NOTHING_TO_PROVE, 1)])


def test_what_came_after_the_page_was_shown_is_not_decided_on(
    desk: TestClient, session: Session, clock: FixedClock
) -> None:
    send(desk, fields(channel="none"))
    [group] = groups(session)
    clock.advance(timedelta(minutes=1))
    send(desk, fields(channel="none"))
    shown = press(desk, group, "confirm", until=group.newest.isoformat())
    assert shown.status_code == 200
    assert sorted(row.waits_for or "" for row in all_kept(session)) == ["", "person"]


@pytest.mark.parametrize(
    ("action", "changed", "status"),
    [
        ("not-real", {"form": "made-up"}, 403),
        ("not-real", {"until": "yesterday"}, 403),
        ("settled-by-telephone", {}, 400),
    ],
)
def test_what_is_not_meant_for_many_or_not_sent_from_our_page_changes_nothing(
    desk: TestClient, session: Session, action: str, changed: dict[str, str], status: int
) -> None:
    send(desk, fields(channel="none"))
    [group] = groups(session)
    assert press(desk, group, action, **changed).status_code == status
    assert only(session).waits_for is WaitsFor.PERSON


def test_whose_question_was_closed_as_not_real_is_told_so_and_not_that_it_was_settled(
    desk: TestClient, session: Session
) -> None:
    page = send(desk, fields(channel="none")).text
    reference, code = re.findall(r'class="wz-code">([^<]+)<', page)
    press(desk, groups(session)[0], "not-real")
    answer = desk.post(
        "/status", data={"reference": reference, "code": code}, headers={"Accept-Language": "en"}
    )
    assert "Is it really yours? Then ask it again or call us." in answer.text
    assert "has settled this with you" not in answer.text
