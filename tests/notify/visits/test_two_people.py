"""A day with many families is called off or moved by two people, so that one slip texts nobody."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel import Session

from services.notify.service import SERVICE
from services.notify.visits import commands, queries, rules, tasks
from shared.desk.commands import carry_out
from shared.errors import Conflict
from tests.kit.crossing import crosswise
from tests.notify.visits.office import PRISON, Office, at, items, settle

MakeKey = Callable[..., dict[str, str]]


@pytest.fixture
def colleague(make_key: MakeKey) -> dict[str, str]:
    return make_key("notify", "visits:write", facilities=[PRISON], name="a colleague")


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "ALONE", 2)


def day_with(office: Office, families: int) -> str:
    day = office.publish()
    for number in range(families):
        office.register(day, phone=f"06123456{number:02}")
    office.send_all()
    return day


def off(office: Office, day: str, headers: Any) -> Any:
    return office.client.delete(f"/v1/visit-days/{day}?reason=te weinig personeel", headers=headers)


def lapse(office: Office) -> None:
    with office.runtime.sessions() as session:
        due = commands.claim_lapsed(session, office.clock.now(), 10)
        session.commit()
    tasks.lapse(office.runtime, due)


def on_the_list(office: Office) -> list[tuple[str, str]]:
    return [(one["kind"], one["reason"]) for one in items(office)]


def test_the_number_is_fifty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert not rules.needs_a_second(rules.Reach(50, 50, 0, 0))
    assert rules.needs_a_second(rules.Reach(51, 51, 0, 0))


def test_with_few_families_one_person_calls_off(office: Office) -> None:
    assert off(office, day_with(office, 2), office.prison).json()["state"] == "cancelled"


def test_the_first_key_asks_and_the_second_calls_off(office: Office, colleague: dict[str, str]) -> None:
    day = day_with(office, 3)
    first = off(office, day, office.prison)
    assert first.status_code == 202
    assert first.json() == {
        "id": day,
        "state": "waiting-for-second-person",
        "action": "call-off",
        "families": 3,
        "texts": 3,
        "mails": 0,
        "calls": 0,
        "lapsesAt": "2026-12-01T10:00:00Z",
    }
    assert (office.day(day)["state"], office.wanted()) == ("open", [])
    assert on_the_list(office) == [("second-person", "call-off")]
    second = off(office, day, colleague)
    assert (second.status_code, second.json()["state"]) == (200, "cancelled")
    assert office.wanted() == ["visit-cancelled"] * 3
    assert on_the_list(office) == []
    assert off(office, day, office.prison).status_code == 200


def test_the_same_key_twice_is_one_person(office: Office) -> None:
    day = day_with(office, 3)
    answers = [off(office, day, office.prison) for _ in range(3)]
    assert [one.status_code for one in answers] == [202] * 3
    assert (office.day(day)["state"], office.wanted()) == ("open", [])
    assert len(items(office)) == 1


def test_it_lapses_after_an_hour(office: Office, colleague: dict[str, str]) -> None:
    day = day_with(office, 3)
    off(office, day, office.prison)
    office.clock.advance(timedelta(hours=1))
    lapse(office)
    assert on_the_list(office) == []
    again = off(office, day, colleague)
    assert again.status_code == 202
    assert off(office, day, office.prison).status_code == 200


def test_what_has_lapsed_counts_for_nothing_before_it_is_swept_too(
    office: Office, colleague: dict[str, str]
) -> None:
    day = day_with(office, 3)
    off(office, day, office.prison)
    office.clock.advance(timedelta(hours=1))
    (item,) = items(office)
    assert settle(office, item["id"], "carry-out") == 409
    assert off(office, day, colleague).status_code == 202


def test_of_two_at_the_same_moment_one_asks_and_one_calls_off(
    office: Office, colleague: dict[str, str]
) -> None:
    day = day_with(office, 3)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda key: off(office, day, key).status_code, (office.prison, colleague)))
    assert sorted(answers) == [200, 202]
    assert office.wanted() == ["visit-cancelled"] * 3


def test_a_second_key_and_the_desk_at_the_same_moment_do_not_wait_for_each_other(office: Office) -> None:
    day = day_with(office, 3)
    off(office, day, office.prison)
    (item,) = items(office)
    second = commands.Person("another", "a colleague")

    def by_key(session: Session) -> None:
        commands.cancel(session, UUID(day), "ziek", second, at=office.clock.now())

    def by_the_desk(session: Session) -> None:
        with suppress(Conflict):
            now, item_id = office.clock.now(), UUID(item["id"])
            carry_out(session, SERVICE.desk, item_id, "carry-out", {}, at=now, by="the desk")

    def changes(session: Session) -> None:
        queries.locked_visit(session, UUID(day))

    assert crosswise(office.runtime, changes, by_key, by_the_desk) == []
    assert office.wanted() == ["visit-cancelled"] * 3
    assert items(office) == []


def test_moving_waits_for_a_second_person_and_changes_nothing_before(
    office: Office, colleague: dict[str, str]
) -> None:
    day = day_with(office, 3)
    before = office.day(day)
    first = office.change(day, date="2026-12-21", capacity=20)
    assert (first.status_code, first.json()["action"]) == (202, "move")
    assert office.day(day) == before
    assert office.wanted() == []
    # Another date is another question, and the first one is not answered by it.
    path = f"/v1/visit-days/{day}"
    assert office.client.patch(path, json={"date": "2026-12-22"}, headers=colleague).status_code == 202
    assert office.change(day, date="2026-12-22").status_code == 200
    moved = office.day(day)
    assert (moved["date"], moved["version"], moved["capacity"]) == ("2026-12-22", 2, 10)
    assert office.wanted() == ["visit-moved"] * 3


def test_calling_off_does_not_answer_a_move(office: Office, colleague: dict[str, str]) -> None:
    day = day_with(office, 3)
    office.change(day, date="2026-12-21")
    assert off(office, day, colleague).status_code == 202
    assert on_the_list(office) == [("second-person", "call-off")]


def test_what_moves_nobody_waits_for_nobody(office: Office) -> None:
    day = day_with(office, 3)
    assert office.change(day, capacity=30).json()["capacity"] == 30


@pytest.mark.parametrize("how", ["call-off", "move"])
def test_the_desk_may_be_the_second_person(office: Office, how: str) -> None:
    day = day_with(office, 3)
    if how == "call-off":
        off(office, day, office.prison)
    else:
        office.change(day, date="2026-12-21", startTime="15:00", endTime="16:00")
    (item,) = items(office)
    assert (item["details"]["families"], item["details"]["texts"]) == ("3", "3")
    assert item["text"] == ("te weinig personeel" if how == "call-off" else None)
    assert settle(office, item["id"], "carry-out") == 201
    found = office.day(day)
    if how == "call-off":
        assert (found["state"], office.wanted()) == ("cancelled", ["visit-cancelled"] * 3)
    else:
        assert (found["date"], found["startTime"]) == ("2026-12-21", "15:00")
        assert office.wanted() == ["visit-moved"] * 3


def test_who_asked_is_not_the_second_person_at_the_desk_either(office: Office, make_key: MakeKey) -> None:
    day = day_with(office, 3)
    office.prison = office.desk = make_key("notify", "operator", name="operator")
    assert off(office, day, office.prison).status_code == 202
    (item,) = items(office)
    assert settle(office, item["id"], "carry-out") == 409
    assert office.day(day)["state"] == "open"


def test_the_desk_may_leave_the_day_as_it_is(office: Office, colleague: dict[str, str]) -> None:
    day = day_with(office, 3)
    off(office, day, office.prison)
    (item,) = items(office)
    assert settle(office, item["id"], "leave-it") == 201
    assert off(office, day, colleague).status_code == 202


def test_the_reason_is_unreadable_in_the_database(office: Office) -> None:
    off(office, day_with(office, 3), office.prison)
    with office.runtime.sessions() as session:
        (row,) = session.execute(text("SELECT waiting_changes::text FROM waiting_changes")).scalars()
    assert b"personeel".hex() not in row
    assert "personeel" not in row


def test_a_day_that_begins_meanwhile_is_left_as_it_was(office: Office) -> None:
    day = day_with(office, 3)
    office.clock.set(at("2026-12-17T13:30"))
    off(office, day, office.prison)
    office.clock.set(at("2026-12-17T14:00"))
    (item,) = [one for one in items(office) if one["kind"] == "second-person"]
    assert settle(office, item["id"], "carry-out") == 409
