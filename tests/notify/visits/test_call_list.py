"""Who wants no texts, or cannot get them, is told by a person what others are told in writing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.notify.messages.tables import MessageState
from services.notify.visits.commands.calling import TO_SAY
from services.notify.visits.steps import PURPOSES
from tests.notify.visits.office import Office, at, errors, items, settle

LANDLINE = "0411 12 34 56"


def to_say(office: Office) -> list[str]:
    return [one["reason"] for one in items(office) if one["kind"] == "call-family"]


def test_a_person_has_something_to_say_at_every_step() -> None:
    assert set(PURPOSES.values()) <= TO_SAY.keys()


@pytest.mark.parametrize(
    ("channel", "phone"), [("landline", "073-6123456"), ("phone", "0612345678"), ("none", None)]
)
def test_its_reminders_are_on_the_call_list_and_nothing_is_sent(
    office: Office, channel: str, phone: str | None
) -> None:
    day = office.publish()
    family = office.register(day, by="prison", channel=channel, phone=phone, firstVisit=True)
    assert to_say(office) == ["say-registered"]
    (item,) = items(office)
    assert settle(office, item["id"], "settled-by-telephone") == 201
    assert office.reminders(day)[0] == ("registration", "12-01 10:00", "sent")
    for moment, said in (
        ("2026-12-01T12:00", "say-papers"),
        ("2026-12-10T10:00", "say-when"),
        ("2026-12-14T10:00", "ask-whether"),
        ("2026-12-16T18:00", "say-tomorrow"),
    ):
        office.clock.set(at(moment))
        office.remind()
        # One line for each family: what is to be said now takes the place of what was not said yet.
        assert to_say(office) == [said]
        assert items(office)[0]["details"]["papers"] == "yes"
    assert office.messages() == office.messages(MessageState.ACCEPTED) == []
    assert office.family(day, family)["channel"] == channel


def test_the_person_who_calls_records_what_the_family_says(office: Office) -> None:
    day = office.publish()
    family = office.register(day, channel="landline", phone="073-6123456")
    office.clock.set(at("2026-12-14T10:00"))
    office.remind()
    (item,) = items(office)
    assert settle(office, item["id"], "comes-not") == 201
    assert office.family(day, family)["state"] == "cancelled"
    assert to_say(office) == []
    assert ("D-1", "12-16 18:00", "void") in office.reminders(day)


@pytest.mark.parametrize("change", ["moved", "cancelled"])
def test_a_visit_that_is_off_or_moves_is_told_by_a_person(office: Office, change: str) -> None:
    day = office.publish()
    office.register(day, channel="landline", phone="073-6123456")
    if change == "moved":
        office.change(day, date="2026-12-21")
    else:
        office.cancel(day)
    assert to_say(office) == [f"say-{change}"]
    assert office.wanted() == []


def test_who_no_longer_comes_is_not_called(office: Office) -> None:
    day = office.publish()
    family = office.register(day, channel="landline", phone="073-6123456")
    path = f"/v1/visit-days/{day}/registrations/{family}"
    office.client.patch(path, json={"state": "cancelled"}, headers=office.desk)
    assert to_say(office) == []


def test_who_is_to_be_called_needs_a_number(office: Office) -> None:
    day = office.publish()
    for channel in ("landline", "phone"):
        assert errors(office.post_family(day, channel=channel, phone=None)) == {"/phone": "missing"}
    assert office.post_family(day, channel="none", phone=None, name="Zonder telefoon").status_code == 201


def test_the_desk_sees_whom_to_call_and_about_what(office: Office, desk_shows: Callable[..., str]) -> None:
    office.register(office.publish(), channel="landline", phone="073-6123456", firstVisit=True)
    (item,) = items(office)
    page = desk_shows("notify", item["id"])
    for told in ("Fatima el Amrani", "+31736123456", "Zeg dat de aanmelding klopt", "17 december"):
        assert told in page
