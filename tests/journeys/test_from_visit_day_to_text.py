"""From a visit day to reminders, and from an answer on a telephone to the list of who comes."""

from __future__ import annotations

import pytest

from tests.journeys.people import register, text_in, visit_day
from tests.kit.system import System, eventually

pytestmark = pytest.mark.xdist_group("journeys")


def steps(system: System, visit: str) -> dict[str, str]:
    items = system.get("notify", f"/v1/visit-days/{visit}/reminders")["items"]
    return {one["step"]: one["dueAt"] for one in items}


def test_a_registered_family_gets_a_text_at_once_and_has_its_reminders_planned(
    system: System, number: str
) -> None:
    visit = visit_day(system, "2027-01-20")
    register(system, visit, number)
    eventually(lambda: len(system.twilio.to(number)) == 1, what="the first text")
    [text] = [entry.body for entry in system.twilio.to(number)]
    assert "wo 20 jan 14:00" in text
    assert "/a/" in text, "the way to the family's own page"
    assert "Vught" in text
    planned = steps(system, visit)
    assert planned["D-28"] == "2026-12-23T09:00:00Z"
    assert planned["D-7"] == "2027-01-13T09:00:00Z"
    assert planned["D-1"] == "2027-01-19T17:00:00Z"
    # Three days before is a Sunday, and the visit is not on Sunday or Monday: the last moment before.
    assert planned["D-3"] == "2027-01-16T18:59:00Z"


def test_stop_ends_the_texts_with_one_confirmation_however_often_it_is_said(
    system: System, number: str
) -> None:
    register(system, visit_day(system, "2027-02-10"), number)
    eventually(lambda: len(system.twilio.to(number)) == 1, what="the first text")
    assert text_in(system, number, "Stop.") == 200
    eventually(lambda: len(system.twilio.to(number)) == 2, what="the confirmation")
    assert text_in(system, number, "STOP") == 200
    other = visit_day(system, "2027-02-17")
    registration = register(system, other, number)
    eventually(
        lambda: {one["state"] for one in system.messages(registration["id"])} == {"void"},
        what="a suppressed text",
    )
    assert "geen berichten meer" in system.twilio.to(number)[1].body
    assert len(system.twilio.to(number)) == 2


def test_words_that_no_rule_understands_reach_a_person(system: System, number: str) -> None:
    register(system, visit_day(system, "2027-03-10"), number)
    eventually(lambda: len(system.twilio.to(number)) == 1, what="the first text")
    assert text_in(system, number, "Mag oma ook mee?") == 200
    found = eventually(
        lambda: [
            one
            for one in system.get("notify", "/v1/work-items")["items"]
            if one["text"] == "Mag oma ook mee?"
        ],
        what="a work item with the words",
    )
    assert found[0]["kind"] == "reply"


def test_a_visit_that_moves_voids_its_old_reminders_and_says_so(system: System, number: str) -> None:
    visit = visit_day(system, "2027-04-07")
    register(system, visit, number)
    eventually(lambda: len(system.twilio.to(number)) == 1, what="the first text")
    moved = system.call("PATCH", "notify", f"/v1/visit-days/{visit}", json={"date": "2027-04-14"})
    assert moved.status_code == 200, moved.text
    eventually(lambda: len(system.twilio.to(number)) == 2, what="the news")
    assert "wo 14 apr" in system.twilio.to(number)[1].body
    items = system.get("notify", f"/v1/visit-days/{visit}/reminders")["items"]
    live = {one["step"]: one["dueAt"] for one in items if one["state"] == "planned"}
    assert live["D-7"] == "2027-04-07T08:00:00Z"
    assert {one["state"] for one in items if one["dueAt"] == "2027-03-31T08:00:00Z"} == {"void"}
