"""Who is in danger is on top of the desk's list, and nobody can fill it so that they are not seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session

from services.intake.requests import suspicion
from services.intake.requests.tables import State
from shared.clock import FixedClock
from shared.desk.items import groups, open_items
from shared.runtime import Runtime
from tests.intake.requests.kept import all_kept
from tests.intake.requests.pressing import press
from tests.intake.requests.questions import (
    fields,
    forget,
    from_place,
    kept_open,
    question,
    send,
    send_at_once,
)
from tests.kit.desk import one_desk
from tests.kit.staff import sign_in

EN = {"Accept-Language": "en"}
CROWD, SOMEBODY = "203.0.113.7", "198.51.100.9"
ALONE = suspicion.HELD_FROM_ONE_PLACE[0]


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


def in_danger(desk: TestClient, number: int, *, place: str = CROWD, **changes: Any) -> None:
    for _ in range(number):
        sent = fields(**({"danger": "yes", "channel": "none"} | changes))
        assert send_at_once(from_place(desk, place), sent).status_code == 200


def test_many_in_danger_from_one_place_are_one_red_line_above_all_but_those_who_stand_alone(
    desk: TestClient, session: Session, clock: FixedClock
) -> None:
    send(desk, fields(needs=["veiligheid"]))
    in_danger(desk, ALONE + 7)
    clock.advance(timedelta(minutes=1))
    in_danger(desk, 1, place=SOMEBODY)
    assert [(one.reason, one.number) for one in groups(session)] == [("danger-now", 7)]
    alone = open_items(session, alone=True)
    assert [one.reason for one in alone] == ["danger-now"] * (ALONE + 1) + ["about-safety"]
    assert [one.reason for one in open_items(session)][-1] == "about-safety"
    page = desk.get("/desk", headers=EN).text
    order = [f"/desk/items/intake/{alone[0].id}", "/desk/groups/", f"/desk/items/intake/{alone[-1].id}"]
    assert [page.index(one) for one in order] == sorted(page.index(one) for one in order)
    assert f"In danger: {ALONE + 1 + 7}." in page
    assert page.count("/desk/groups/") == 1


def test_a_red_line_is_on_every_page_of_the_list(desk: TestClient, session: Session) -> None:
    for number in range(3):
        send(from_place(desk, f"192.0.2.{number}"), fields(needs=["veiligheid"]))
    in_danger(desk, ALONE + 1)
    page = desk.get("/desk?limit=1", headers=EN).text
    while 'rel="next"' in page:
        assert page.count("/desk/groups/") == 1
        onward = page.partition('" rel="next"')[0].rpartition('"')[2].replace("&amp;", "&")
        page = desk.get(onward, headers=EN).text
    assert page.count("/desk/groups/") == 1


def test_who_is_in_danger_where_others_send_many_forms_is_in_a_line_with_what_comes_at_once(
    desk: TestClient, session: Session
) -> None:
    for _ in range(suspicion.AT_ONCE):
        send(from_place(desk, CROWD), fields())
    in_danger(desk, 1)
    in_danger(desk, 1, place=SOMEBODY)
    assert [(one.reason, one.number) for one in groups(session)] == [("danger-now", 1)]
    assert [one.reason for one in open_items(session, alone=True)] == ["danger-now"]


def test_an_old_page_or_one_sent_again_puts_nobody_who_is_in_danger_in_a_line(
    desk: TestClient, session: Session, clock: FixedClock
) -> None:
    for question_ in ("Hij slaat ons.", "Hij is hier."):
        forget(desk)
        kept_open(desk, fields(danger="yes", channel="none", question=question_), clock, 13)
    assert groups(session) == []
    assert len(open_items(session)) == 2


def test_those_in_danger_are_not_closed_by_one_press(
    desk: TestClient, session: Session, clock: FixedClock
) -> None:
    in_danger(desk, ALONE + 3)
    [group] = groups(session)
    clock.advance(timedelta(minutes=1))
    in_danger(desk, 1)
    until = group.newest.isoformat()
    asked = press(desk, group, "not-real", until=until)
    assert asked.status_code == 200
    assert "Are you sure? There are 3 of them." in asked.text
    assert {row.state for row in all_kept(session)} == {State.HELD}
    done = press(desk, group, "not-real", until=until, sure="yes")
    assert "Done: 3." in done.text
    assert [row.state for row in all_kept(session)].count(State.CLOSED) == 3
    assert [one.number for one in groups(session)] == [1]


def test_a_hold_is_not_lifted_for_many(desk: TestClient, session: Session) -> None:
    in_danger(desk, ALONE + 1)
    assert press(desk, groups(session)[0], "lift-hold", sure="yes").status_code == 400
    assert {row.state for row in all_kept(session)} == {State.HELD}


def test_a_program_of_the_desk_is_asked_again_too(
    desk: TestClient, session: Session, clock: FixedClock, make_key: Callable[..., dict[str, str]]
) -> None:
    key = make_key("intake", "desk")
    in_danger(desk, ALONE + 2)
    [group] = desk.get("/v1/work-item-groups", headers=key).json()["items"]
    assert (group["number"], group["reason"]) == (2, "danger-now")
    assert group["askedAgain"] == group["actions"] == ["asked-twice", "not-real"]
    clock.advance(timedelta(minutes=1))
    in_danger(desk, 1)
    path = f"/v1/work-item-groups/{group['key']}/resolutions"
    sent = {"action": "not-real", "until": group["until"]}
    refused = desk.post(path, json=sent, headers=key)
    assert (refused.status_code, refused.json()["type"].rsplit("/", 1)[-1]) == (409, "ask-again")
    assert {row.state for row in all_kept(session)} == {State.HELD}
    done = desk.post(path, json=sent | {"sure": True}, headers=key)
    assert (done.status_code, done.json()) == (200, {"done": 2, "refused": 0, "left": 0})
    [left] = desk.get("/v1/work-item-groups", headers=key).json()["items"]
    assert left["number"] == 1


def test_a_program_of_the_desk_deals_with_what_is_not_about_danger_at_once(
    desk: TestClient, session: Session, make_key: Callable[..., dict[str, str]]
) -> None:
    key = make_key("intake", "desk")
    for _ in range(3):
        send(desk, fields(channel="none"))
    [group] = desk.get("/v1/work-item-groups", headers=key).json()["items"]
    path = f"/v1/work-item-groups/{group['key']}/resolutions"
    sent = {"action": "not-real", "until": group["until"]}
    assert desk.post(path, json=sent, headers=key).json() == {"done": 3, "refused": 0, "left": 0}
    assert {row.closed_as for row in all_kept(session)} == {"not-real"}
    assert (
        desk.post(path, json={"action": "not-real", "until": group["until"]}, headers=key).status_code == 404
    )


def test_what_a_key_sends_above_its_ceilings_about_danger_is_one_line_too(
    desk: TestClient, session: Session, make_key: Callable[..., dict[str, str]]
) -> None:
    key = make_key("intake", "requests:write", per_hour=1)
    for _ in range(4):
        assert desk.post("/v1/advice-requests", json=question(danger=True), headers=key).status_code == 202
    [group] = groups(session)
    assert group.reason == "danger-now"
    assert len(open_items(session, alone=True)) + group.number == 4
