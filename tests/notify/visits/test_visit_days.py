"""A prison publishes its visit days, and is told in words what is wrong with one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.kit.lists import all_of
from tests.notify.visits.office import PRISON, Office, at, errors


def test_a_visit_day_is_published_by_the_clocks_of_its_facility(office: Office) -> None:
    answer = office.post_day()
    assert answer.status_code == 201
    day = answer.json()
    assert answer.headers["location"] == f"/v1/visit-days/{day['id']}"
    assert (day["zone"], day["startsAt"], day["endsAt"]) == (
        "Europe/Amsterdam",
        "2026-12-17T13:00:00Z",
        "2026-12-17T14:30:00Z",
    )
    assert (day["facility"], day["state"], day["registered"], day["version"]) == (PRISON, "open", 0, 1)
    assert office.day(day["id"]) == day


def test_in_summer_and_in_belgium_the_wall_clock_counts_too(office: Office) -> None:
    day = office.post_day(facility="be-gevangenis-gent", date="2027-06-10").json()
    assert (day["zone"], day["startsAt"]) == ("Europe/Brussels", "2027-06-10T12:00:00Z")


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        ({"date": "2026-02-30"}, "/date", "date-from-datetime-parsing"),
        ({"date": "17-12-2026"}, "/date", "date-form"),
        ({"date": 20261217}, "/date", "date-form"),
        ({"date": "2026-11-30"}, "/date", "in-the-past"),
        ({"date": "2026-12-01", "startTime": "09:30", "endTime": "10:30"}, "/date", "in-the-past"),
        ({"startTime": "25:00"}, "/startTime", "time-form"),
        ({"startTime": "2 pm"}, "/startTime", "time-form"),
        ({"startTime": 50400}, "/startTime", "time-form"),
        ({"endTime": "13:00"}, "/endTime", "end-before-start"),
        ({"endTime": "14:00"}, "/endTime", "end-before-start"),
        ({"date": "2027-03-28", "startTime": "02:30", "endTime": "04:00"}, "/startTime", "no-such-time"),
        ({"date": "2027-03-28", "startTime": "01:30", "endTime": "02:30"}, "/endTime", "no-such-time"),
        ({"facility": "nl-pi-nergens"}, "/facility", "unknown-facility"),
        ({"capacity": 0}, "/capacity", "greater-than-equal"),
        ({"capacity": "10"}, "/capacity", "int-type"),
        ({"kind": "party"}, "/kind", "enum"),
        ({"colour": "green"}, "/colour", "extra-forbidden"),
    ],
)
def test_a_day_that_cannot_be_is_refused_with_the_field_and_the_reason(
    office: Office, changed: dict[str, Any], pointer: str, code: str
) -> None:
    assert errors(office.post_day(**changed)) == {pointer: code}
    assert office.client.get("/v1/visit-days", headers=office.prison).json()["total"] == 0


def test_everything_that_is_wrong_is_said_at_once(office: Office) -> None:
    answer = office.post_day(facility="nergens", date="2026-02-30", capacity=-1)
    assert set(errors(answer)) == {"/facility", "/date", "/capacity"}


def test_visit_days_are_listed_the_latest_first_and_by_facility(office: Office) -> None:
    first, second = office.publish(date="2026-12-17"), office.publish(date="2026-12-24")
    office.publish(facility="be-gevangenis-gent")
    answer = office.client.get(f"/v1/visit-days?facility={PRISON}", headers=office.prison)
    assert [day["id"] for day in answer.json()["items"]] == [second, first]
    assert len(office.client.get("/v1/visit-days", headers=office.prison).json()["items"]) == 3


def test_visit_days_and_reminders_come_page_by_page_each_once(office: Office) -> None:
    days = [office.publish(date=f"2026-12-{day}") for day in range(14, 19)]
    found = all_of(office.client, "/v1/visit-days", office.prison)
    assert [one["id"] for one in found] == days[::-1]
    for number in range(3):
        office.register(days[-1], phone=f"06-1234567{number}")
    reminders = all_of(office.client, f"/v1/visit-days/{days[-1]}/reminders", office.prison)
    assert len({(one["registrationId"], one["step"]) for one in reminders}) == len(reminders) > 6
    assert [one["dueAt"] for one in reminders] == sorted(one["dueAt"] for one in reminders)


def test_a_day_that_nobody_published_is_not_found(office: Office) -> None:
    nothing = "/v1/visit-days/00000000-0000-4000-8000-000000000000"
    for path in (
        nothing,
        f"{nothing}/reminders",
        f"{nothing}/registrations/00000000-0000-4000-8000-000000000000",
    ):
        assert office.client.get(path, headers=office.prison).status_code == 404
    assert office.client.patch(nothing, json={"capacity": 3}, headers=office.prison).status_code == 404
    assert office.client.delete(f"{nothing}?reason=ziek", headers=office.prison).status_code == 404


@pytest.mark.parametrize(("scope", "status"), [("messages:read", 403), ("desk", 403), ("visits:write", 201)])
def test_only_who_may_publish_visits_does(
    office: Office, make_key: Callable[..., dict[str, str]], scope: str, status: int
) -> None:
    office.prison = make_key("notify", scope, facilities=[PRISON])
    assert office.post_day().status_code == status


def test_without_a_key_nothing_is_shown_or_done(office: Office) -> None:
    office.prison = {}
    assert office.post_day().status_code == 401
    assert office.client.get("/v1/visit-days").status_code == 401


def test_a_day_that_is_over_is_left_as_it_was(office: Office) -> None:
    day = office.publish()
    office.clock.set(at("2026-12-17T14:00"))
    assert office.change(day, startTime="15:00", endTime="16:00").status_code == 409
    assert office.cancel(day).status_code == 409
    assert office.day(day)["state"] == "open"


def test_calling_off_needs_a_reason(office: Office) -> None:
    day = office.publish()
    answer = office.client.delete(f"/v1/visit-days/{day}", headers=office.prison)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "reason"


@pytest.mark.parametrize(
    ("day", "code"),
    [("0001-01-01", "in-the-past"), ("9999-12-31", "too-far-ahead"), ("2036-12-17", "too-far-ahead")],
)
def test_a_year_that_was_mistyped_is_told(office: Office, day: str, code: str) -> None:
    answer = office.post_day(date=day, startTime="00:00", endTime="23:59")
    assert answer.status_code == 400
    assert [error["code"] for error in answer.json()["errors"]] == [code]


def test_a_reason_of_spaces_is_none(office: Office) -> None:
    day = office.publish()
    answer = office.client.delete(f"/v1/visit-days/{day}?reason=%20%20", headers=office.prison)
    assert answer.status_code == 400
    assert office.day(day)["state"] == "open"


def test_an_end_before_the_start_is_told_together_with_what_else_is_wrong(office: Office) -> None:
    answer = office.post_day(facility="nl-pi-atlantis", endTime="13:00", capacity=0)
    assert set(errors(answer)) == {"/facility", "/endTime", "/capacity"}


def test_a_family_without_what_its_channel_needs_is_told_together_with_what_else_is_wrong(
    office: Office,
) -> None:
    day = office.publish()
    answer = office.post_family(day, phone=None, language="xx", adults=-1)
    assert set(errors(answer)) == {"/phone", "/language", "/adults"}
