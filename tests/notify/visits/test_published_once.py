"""A visit day is published once, however often it is sent."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.notify.visits.office import PRISON, Office


def post(office: Office, idempotency_key: str | None, **changed: Any) -> Any:
    body = {
        "facility": PRISON,
        "date": "2026-12-17",
        "startTime": "14:00",
        "endTime": "15:30",
        "capacity": 10,
        "kind": "child-visit",
    }
    headers = {**office.prison, **({"Idempotency-Key": idempotency_key} if idempotency_key else {})}
    return office.client.post("/v1/visit-days", json=body | changed, headers=headers)


def total(office: Office) -> int:
    return int(office.client.get("/v1/visit-days", headers=office.desk).json()["total"])


def slug(answer: Any) -> str:
    return str(answer.json()["type"].rsplit("/", 1)[-1])


def test_the_same_day_again_is_that_day(office: Office) -> None:
    first, again = post(office, None), post(office, None)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.headers["Location"] == again.headers["Location"]
    assert total(office) == 1


def test_with_another_end_or_capacity_it_says_which_day_is_there(office: Office) -> None:
    day = post(office, None).json()["id"]
    for changed in ({"capacity": 11}, {"endTime": "16:00"}):
        answer = post(office, None, **changed)
        assert (answer.status_code, slug(answer)) == (409, "visit-day-exists")
        assert day in answer.json()["detail"]
    assert total(office) == 1


def test_another_kind_or_time_is_another_day(office: Office) -> None:
    for changed in ({}, {"kind": "training"}, {"startTime": "13:00"}, {"date": "2026-12-18"}):
        assert post(office, None, **changed).status_code == 201
    assert total(office) == 4


def test_what_was_called_off_is_published_anew(office: Office) -> None:
    office.cancel(post(office, None).json()["id"])
    assert post(office, None).status_code == 201


def test_an_idempotency_key_is_for_one_day_also_when_that_has_moved(office: Office) -> None:
    day = post(office, "row 7").json()["id"]
    office.change(day, date="2026-12-21")
    again = post(office, "row 7")
    assert (again.status_code, again.json()["id"], again.json()["date"]) == (200, day, "2026-12-21")
    other = post(office, "row 7", capacity=11)
    assert (other.status_code, slug(other)) == (409, "idempotency-key-reused")
    assert total(office) == 1


def test_an_idempotency_key_of_one_program_says_nothing_about_anothers(
    office: Office, make_key: Callable[..., dict[str, str]]
) -> None:
    post(office, "row 7")
    office.prison = make_key("notify", "visits:write", facilities=[PRISON])
    assert post(office, "row 7", date="2026-12-18").status_code == 201


def test_an_idempotency_key_is_not_kept_as_it_was_sent(office: Office) -> None:
    post(office, "oma@voorbeeld.nl")
    with office.runtime.engine.connect() as connection:
        (row,) = connection.exec_driver_sql("SELECT visit_days::text FROM visit_days").scalars()
    assert "oma" not in row
    assert b"oma@voorbeeld.nl".hex() not in row


def test_sent_from_two_places_at_once_it_is_one_day(office: Office) -> None:
    with ThreadPoolExecutor(4) as pool:
        keys = [None, "a", "a", "b", None, "b"]
        answers = list(pool.map(lambda key: post(office, key), keys))
    assert sorted(one.status_code for one in answers) == [200] * 5 + [201]
    assert len({one.json()["id"] for one in answers}) == 1


def test_one_idempotency_key_for_two_days_at_once_is_one_of_them(office: Office) -> None:
    with ThreadPoolExecutor(4) as pool:
        dates = ["2026-12-17", "2026-12-18"] * 2
        answers = list(pool.map(lambda date: post(office, "a", date=date), dates))
    assert sorted(one.status_code for one in answers) == [200, 201, 409, 409]
    assert total(office) == 1


def test_a_day_is_not_moved_onto_another(office: Office) -> None:
    post(office, None)
    other = post(office, None, date="2026-12-18").json()["id"]
    answer = office.change(other, date="2026-12-17")
    assert (answer.status_code, slug(answer)) == (409, "visit-day-exists")
    assert office.day(other)["date"] == "2026-12-18"
