"""One telephone, several visits: an answer is about the one that its owner means, or a person finds out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import Session

from services.notify.contacts.rules import Keyword
from services.notify.visits import commands, queries
from services.notify.visits.commands import proving
from tests.kit.crossing import by_index, by_table, crosswise, upside_down
from tests.notify.visits.office import NUMBER, Office, Telephone, at, items, settle


def happens_first(monkeypatch: pytest.MonkeyPatch, lock: str, deed: Callable[[], object]) -> None:
    """Do this just before the next transaction locks a visit to act on it."""
    real = getattr(queries, lock)

    def after_the_deed(*given: object) -> object:
        monkeypatch.setattr(queries, lock, real)
        deed()
        return real(*given)

    monkeypatch.setattr(queries, lock, after_the_deed)


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
    monkeypatch.setattr(proving, "TRUSTED", timedelta(days=7))
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
    assert office.reply(Keyword.NO)
    assert office.family(day, again)["state"] == "cancelled"


def test_a_yes_to_whose_number_it_is_counts_though_the_visit_moves_meanwhile(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = office.publish()
    family = office.register(day, by="prison")
    happens_first(monkeypatch, "lock_visits", lambda: office.change(day, date="2026-12-21"))
    assert office.reply(Keyword.YES)
    assert office.family(day, family)["numberConfirmed"] is True


def test_whether_they_come_is_for_the_visit_as_it_was_when_they_said_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = office.publish()
    family = office.register(day)
    office.clock.set(at("2026-12-14T10:00"))
    office.remind()
    happens_first(monkeypatch, "locked_visit", lambda: office.change(day, date="2026-12-21"))
    assert office.reply(Keyword.YES) is False
    assert office.family(day, family)["state"] == "registered"


def test_a_no_that_crosses_with_the_end_of_the_visit_is_for_a_person(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = office.publish()
    family = office.register(day)
    office.clock.set(at("2026-12-14T10:00"))
    office.remind()
    happens_first(monkeypatch, "locked_visit", lambda: office.cancel(day))
    assert office.reply(Keyword.NO) is False
    assert office.family(day, family)["state"] == "registered"


@pytest.mark.parametrize("keyword", [Keyword.YES, Keyword.NO])
def test_an_answer_for_a_number_that_crosses_with_the_end_of_the_visit_is_for_a_person(
    office: Office, monkeypatch: pytest.MonkeyPatch, keyword: Keyword
) -> None:
    day = office.publish()
    family = office.register(day, by="prison")
    happens_first(monkeypatch, "lock_visits", lambda: office.cancel(day))
    assert office.reply(keyword) is False
    found = office.family(day, family)
    assert (found["state"], found["numberConfirmed"]) == ("registered", False)


def test_a_no_that_crosses_with_what_the_desk_heard_refuses_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = office.publish()
    family = office.register(day, by="prison")
    happens_first(monkeypatch, "lock_visits", lambda: office.post_family(day, by="desk"))
    assert office.reply(Keyword.NO) is False
    assert office.family(day, family)["state"] == "registered"


def test_a_number_is_asked_again_when_its_owner_was_last_heard_of_long_ago(office: Office) -> None:
    office.register(office.publish())
    office.send_all()
    office.clock.advance(proving.TRUSTED + timedelta(minutes=1))
    later = office.publish(date="2028-02-10")
    assert office.post_family(later, by="prison").json()["numberConfirmed"] is False
    assert office.wanted() == ["confirm-number"]


def test_a_number_that_nobody_proved_is_asked_once_in_thirty_days_and_in_between_a_person_calls(
    office: Office, telephone: Telephone
) -> None:
    office.register(office.publish(date="2027-01-14"), by="prison")
    assert len(telephone.texts()) == 1
    office.clock.advance(proving.ASKED_LATELY - timedelta(minutes=1))
    office.register(office.publish(date="2027-01-15"), by="prison")
    assert items(office) == []
    office.clock.advance(timedelta(minutes=2))
    asked_in_vain = office.register(office.publish(date="2027-01-18"), by="prison")
    assert len(telephone.texts()) == 1
    assert [(one["subjectId"], one["reason"]) for one in items(office)] == [(asked_in_vain, "left-alone")]
    office.clock.advance(timedelta(days=28))
    office.register(office.publish(date="2027-02-18"), by="prison")
    assert len(telephone.texts()) == 2


def test_another_number_and_back_again_is_no_second_text_to_its_owner(
    office: Office, telephone: Telephone
) -> None:
    day = office.publish()
    path = f"/v1/visit-days/{day}/registrations/{office.register(day, by='prison')}"
    assert len(telephone.texts()) == 1
    for number in ("06-87654321", "06-12345678"):
        assert office.client.patch(path, json={"phone": number}, headers=office.prison).status_code == 200
        telephone.texts()
    assert len(telephone.texts()) == 2
    office.client.patch(path, json={"state": "cancelled"}, headers=office.prison)
    office.register(office.publish(date="2026-12-18"), by="prison")
    assert len(telephone.texts()) == 2


def test_whose_a_number_is_is_asked_inside_the_window(office: Office, telephone: Telephone) -> None:
    office.clock.set(at("2026-12-02T02:30"))
    office.register(office.publish(), by="prison")
    assert telephone.texts() == []
    office.clock.set(at("2026-12-02T09:00"))
    assert len(telephone.texts()) == 1


def test_a_number_that_is_answered_for_twice_at_once_is_refused_once(
    office: Office,
) -> None:
    days = [office.publish(date=f"2026-12-{day}") for day in (17, 18, 19)]
    families = {day: office.register(day, by="prison") for day in days}
    upside_down(office.runtime, "visit_days")

    def is_not_theirs(session: Session) -> None:
        commands.answer(session, NUMBER, Keyword.NO, at=office.clock.now())

    def changes(session: Session) -> None:
        queries.locked_visit(session, UUID(sorted(days)[1]))

    refused = crosswise(office.runtime, changes, by_index(is_not_theirs), by_table(is_not_theirs))
    assert refused == []
    assert {office.family(*pair)["state"] for pair in families.items()} == {"refused"}
