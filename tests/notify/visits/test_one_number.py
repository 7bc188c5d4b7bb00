"""One telephone, several visits: an answer is about the one that its owner means, or a person finds out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.notify.contacts.rules import Keyword
from services.notify.visits import queries
from services.notify.visits.commands import registering
from tests.notify.visits.office import Office, at
from tests.notify.visits.test_unreached import items, settle


def test_what_the_desk_heard_of_a_number_holds_for_each_of_its_visits(office: Office) -> None:
    day, other = office.publish(), office.publish(date="2027-01-20")
    family, later = office.register(day, by="prison"), office.register(other, by="prison")
    office.clock.set(at("2026-12-10T10:00"))
    office.remind()
    (item,) = items(office)
    settle(office, item["id"], "number-confirmed")
    assert office.wanted() == ["confirm-number", "visit-registered", "visit-registered"]
    office.clock.set(at("2026-12-14T10:00"))
    office.remind()
    assert office.reply(Keyword.NO)
    assert office.family(day, family)["state"] == "cancelled"
    assert office.family(other, later)["state"] == "registered"


@pytest.mark.parametrize("anew", [True, False])
def test_so_does_a_number_that_the_desk_registers_with(office: Office, anew: bool) -> None:
    day, other = office.publish(), office.publish(date="2026-12-24")
    families = {one: office.register(one, by="prison") for one in (day, other)}
    assert office.post_family(office.publish(date="2026-12-29") if anew else day).json()["numberConfirmed"]
    assert all(office.family(one, family)["numberConfirmed"] for one, family in families.items())


def test_an_answer_to_both_questions_is_for_a_person(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    day = office.publish()
    family = office.register(day)
    office.clock.set(at("2026-12-14T10:00"))
    office.remind()
    monkeypatch.setattr(registering, "TRUSTED", timedelta(days=7))
    other = office.publish(date="2027-01-20")
    stranger = office.register(other, by="prison")
    for keyword in (Keyword.NO, Keyword.YES):
        assert office.reply(keyword) is False
    assert office.family(day, family)["state"] == "registered"
    found = office.family(other, stranger)
    assert (found["state"], found["numberConfirmed"]) == ("registered", False)


def test_who_registered_again_after_no_can_say_no_again(office: Office) -> None:
    day = office.publish()
    office.register(day)
    office.clock.set(at("2026-12-14T10:00"))
    office.remind()
    office.reply(Keyword.NO)
    again = office.register(day)
    # Not asked yet: a person finds out, and nobody takes it for the no of before.
    assert office.reply(Keyword.NO) is False
    office.clock.set(at("2026-12-14T13:00"))
    office.remind()
    assert office.reply(Keyword.NO)
    assert office.family(day, again)["state"] == "cancelled"


def test_a_yes_to_whose_number_it_is_counts_though_the_visit_moves_meanwhile(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = office.publish()
    family = office.register(day, by="prison")
    lock = queries.lock_visits
    moves = iter([True])

    def moved_first(*given: object) -> None:
        if next(moves, False):
            office.change(day, date="2026-12-21")
        lock(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(queries, "lock_visits", moved_first)
    assert office.reply(Keyword.YES)
    assert office.family(day, family)["numberConfirmed"] is True
