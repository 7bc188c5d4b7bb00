"""What a family changes about its registration, and what that does to what it hears."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from services.notify.contacts.rules import Keyword
from services.notify.messages.recipients import Nobody, Recipient
from services.notify.messages.tables import MessageState, Purpose
from tests.notify.visits.office import ADDRESS, Office, at, errors, items

OTHER = "+31687654321"


def amend(office: Office, day: str, family: str, **changes: Any) -> Any:
    path = f"/v1/visit-days/{day}/registrations/{family}"
    return office.client.patch(path, json=changes, headers=office.prison)


def test_who_comes_and_in_what_language_is_changed_without_a_word(office: Office) -> None:
    day = office.publish()
    family = office.register(day)
    changes = {"adults": 2, "childAgeBands": ["0-3", "8-11"], "language": "fr"}
    answer = amend(office, day, family, name="Fatima Bakali", **changes)
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in changes} == changes
    assert office.family(day, family) == answer.json()
    assert office.wanted() == ["visit-registered"]
    told = office.told(office.message(Purpose.VISIT_REGISTERED))
    assert isinstance(told, Recipient)
    assert (told.language, told.values["name"]) == ("fr", "Fatima Bakali")


def test_nothing_changed_is_nothing_done(office: Office) -> None:
    day = office.publish()
    family = office.register(day)
    before = office.family(day, family), office.reminders(day)
    assert amend(office, day, family).status_code == 200
    assert amend(office, day, family, phone="06 1234 5678", name="Fatima el Amrani").status_code == 200
    assert (office.family(day, family), office.reminders(day)) == before
    assert office.wanted() == ["visit-registered"]


class TestAnotherNumber:
    def test_its_owner_is_asked_before_anything_else_goes_there(self, office: Office) -> None:
        day = office.publish()
        family = office.register(day)
        welcome = office.message(Purpose.VISIT_REGISTERED)
        assert amend(office, day, family, phone="0687654321").json()["numberConfirmed"] is False
        assert office.wanted() == ["confirm-number"]
        question = office.told(office.message(Purpose.CONFIRM_NUMBER))
        assert isinstance(question, Recipient)
        assert question.to == OTHER
        assert office.told(welcome) == Nobody("number-not-confirmed")
        office.clock.set(at("2026-12-10T10:00"))
        office.remind()
        assert office.wanted() == ["confirm-number"]

    def test_yes_from_there_welcomes_the_family_there(self, office: Office) -> None:
        day = office.publish()
        family = office.register(day, firstVisit=True)
        office.send_all()
        amend(office, day, family, phone="0687654321")
        assert office.reply(Keyword.YES) is False
        assert office.reply(Keyword.YES, OTHER)
        assert office.family(day, family)["numberConfirmed"] is True
        told = office.told(office.message(Purpose.VISIT_REGISTERED))
        assert isinstance(told, Recipient)
        assert (told.to, told.values["papers"]) == (OTHER, "yes")
        assert ("D-3", "12-14 10:00", "planned") in office.reminders(day)

    def test_the_number_of_before_is_told_nothing_more(self, office: Office) -> None:
        day = office.publish()
        family = office.register(day)
        amend(office, day, family, phone="0687654321")
        assert [one.purpose for one in office.messages(MessageState.VOID)] == [Purpose.VISIT_REGISTERED]
        office.clock.set(at("2026-12-14T10:00"))
        office.remind()
        assert office.reply(Keyword.NO) is False
        assert office.family(day, family)["state"] == "registered"

    def test_a_number_that_was_somebody_elses_is_put_right(self, office: Office) -> None:
        day = office.publish()
        family = office.register(day, by="prison")
        office.reply(Keyword.NO)
        office.send_all()
        assert office.family(day, family)["state"] == "refused"
        assert amend(office, day, family, phone="0687654321").json()["state"] == "registered"
        assert office.reply(Keyword.YES, OTHER)
        assert office.wanted() == ["confirm-number", "visit-registered"]
        assert ("D-7", "12-10 10:00", "planned") in office.reminders(day)

    def test_a_number_that_cannot_be_is_refused_and_the_old_one_stays(self, office: Office) -> None:
        day = office.publish()
        family = office.register(day)
        before = office.family(day, family)
        assert errors(amend(office, day, family, phone="020-6123456")) == {"/phone": "phone-landline"}
        assert errors(amend(office, day, family, channel="email")) == {"/email": "missing"}
        assert errors(amend(office, day, family, adults=0, childAgeBands=[])) == {"/adults": "nobody-comes"}
        assert office.family(day, family) == before
        assert office.wanted() == ["visit-registered"]


def test_from_texts_to_a_landline_what_is_ahead_comes_on_the_call_list(office: Office) -> None:
    day = office.publish()
    family = office.register(day)
    assert amend(office, day, family, channel="landline", phone="073-6123456").status_code == 200
    assert office.wanted() == []
    assert [one["reason"] for one in items(office)] == ["say-registered"]
    office.clock.set(at("2026-12-10T10:00"))
    office.remind()
    assert [one["reason"] for one in items(office)] == ["say-when"]
    assert office.wanted() == []


def test_from_a_landline_to_texts_the_number_is_asked_first(office: Office) -> None:
    day = office.publish()
    family = office.register(day, channel="landline", phone="073-6123456")
    amend(office, day, family, channel="sms", phone="0612345678")
    assert office.wanted() == ["confirm-number"]
    assert items(office) == []


def test_a_family_does_not_become_another_that_is_registered(office: Office) -> None:
    day = office.publish()
    office.register(day)
    other = office.register(day, name="Samira el Amrani")
    answer = amend(office, day, other, name="fatima el amrani")
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (409, "registered-already")
    assert office.day(day)["registered"] == 2


def test_of_two_that_become_the_same_family_at_once_one_is_refused(office: Office) -> None:
    day = office.publish()
    families = [office.register(day, name=name) for name in ("An Peeters", "Bo Peeters")]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda one: amend(office, day, one, name="Cé Peeters"), families))
    assert sorted(one.status_code for one in answers) == [200, 409]


def test_state_and_data_are_changed_together_or_not_at_all(office: Office) -> None:
    day = office.publish()
    family = office.register(day)
    office.cancel(day)
    assert amend(office, day, family, state="confirmed", adults=3).status_code == 409
    assert office.family(day, family)["adults"] == 1


@pytest.mark.parametrize(("scope", "status"), [("messages:read", 403), ("desk", 200), ("operator", 200)])
def test_who_may_change_a_registration(
    office: Office, make_key: Callable[..., dict[str, str]], scope: str, status: int
) -> None:
    day = office.publish()
    family = office.register(day)
    office.prison = make_key("notify", scope)
    assert amend(office, day, family, adults=2).status_code == status


class TestWhoComes:
    def listed(self, office: Office, day: str) -> Any:
        return office.client.get(f"/v1/visit-days/{day}/registrations", headers=office.prison)

    def test_the_gate_sees_names_and_children_and_no_number(self, office: Office) -> None:
        day = office.publish()
        first = office.register(day, email=ADDRESS)
        office.clock.advance(timedelta(minutes=1))
        second = office.register(day, name="Bo Peeters", phone="0612345679", firstVisit=True)
        gone = office.register(day, name="Cé Peeters", phone="0612345670")
        amend(office, day, gone, state="cancelled")
        answer = self.listed(office, day)
        assert answer.status_code == 200
        assert (answer.json()["total"], answer.json()["next"]) == (2, None)
        known = {"state": "registered", "adults": 1, "childAgeBands": ["4-7"]}
        assert answer.json()["items"] == [
            {"id": first, "name": "Fatima el Amrani", "firstVisit": False, **known},
            {"id": second, "name": "Bo Peeters", "firstVisit": True, **known},
        ]
        assert "612345" not in answer.text
        assert "voorbeeld" not in answer.text

    def test_a_family_that_cannot_be_read_hides_no_other(self, office: Office) -> None:
        day = office.publish()
        broken = office.register(day)
        office.clock.advance(timedelta(minutes=1))
        other = office.register(day, name="Bo Peeters", phone="0612345679")
        with office.runtime.engine.begin() as connection:
            connection.exec_driver_sql(
                f"UPDATE registrations SET name = '\\x00010203'::bytea WHERE id = '{broken}'"
            )
        found = self.listed(office, day).json()["items"]
        assert [(one["id"], one["name"]) for one in found] == [(broken, None), (other, "Bo Peeters")]

    def test_it_is_not_for_who_follows_texts(
        self, office: Office, make_key: Callable[..., dict[str, str]]
    ) -> None:
        day = office.publish()
        office.prison = make_key("notify", "messages:read")
        assert self.listed(office, day).status_code == 403


def test_who_comes_after_all_and_with_another_number_is_asked_there(office: Office) -> None:
    day = office.publish()
    family = office.register(day)
    amend(office, day, family, state="cancelled")
    office.send_all()
    answer = amend(office, day, family, state="confirmed", phone="0687654321")
    assert (answer.json()["state"], answer.json()["numberConfirmed"]) == ("confirmed", False)
    assert office.wanted() == ["confirm-number"]
