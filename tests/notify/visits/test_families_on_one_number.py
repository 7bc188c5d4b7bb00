"""Two families may share a telephone: each has its own place, its own texts and its own answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from services.notify.contacts.rules import Keyword
from tests.notify.visits.office import Office, at, items, settle

SISTER = "Samira el Amrani"


def test_another_name_is_another_registration(office: Office) -> None:
    day = office.publish()
    first, second = office.register(day), office.register(day, name=SISTER, childAgeBands=["8-11"])
    assert first != second
    assert office.day(day)["registered"] == 2
    path = f"/v1/visit-days/{day}/registrations/{second}"
    office.client.patch(path, json={"state": "cancelled"}, headers=office.desk)
    assert office.family(day, first)["state"] == "registered"
    assert office.family(day, second)["state"] == "cancelled"


@pytest.mark.parametrize("name", ["fatima EL amrani", "  Fatima  el Amrani ", "Fatima el\u00a0Amrani"])
def test_the_same_name_written_otherwise_is_the_same_family(office: Office, name: str) -> None:
    day = office.publish()
    first = office.post_family(day)
    again = office.post_family(day, name=name, adults=2, childAgeBands=["4-7", "12-15"])
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert (again.json()["adults"], again.json()["childAgeBands"]) == (2, ["4-7", "12-15"])
    assert office.family(day, first.json()["id"]) == again.json()
    assert office.wanted() == ["visit-registered"]
    assert office.day(day)["registered"] == 1


def test_what_a_family_says_later_moves_its_reminders_and_tells_it_nothing_anew(office: Office) -> None:
    day = office.publish()
    family = office.register(day)
    before = office.reminders(day)
    assert "D-28" not in [step for step, _, _ in before]
    office.post_family(day, firstVisit=True, minorsOwnPhone=True)
    assert office.wanted() == ["visit-registered"]
    assert office.family(day, family)["minorsOwnPhone"] is True
    assert office.reminders(day) == [
        ("registration", "12-01 10:00", "queued"),
        ("D-28", "12-01 15:30", "planned"),
        ("D-7", "12-09 19:59", "planned"),
        ("D-3", "12-12 19:59", "planned"),  # the 13th is a Sunday
        ("D-1", "12-16 18:00", "planned"),
    ]


def test_a_family_that_the_version_before_registered_is_known_again(office: Office) -> None:
    day = office.publish()
    family = office.register(day)
    with office.runtime.sessions() as session:
        session.execute(text("UPDATE registrations SET name_index = NULL"))
        session.commit()
    again = office.post_family(day)
    assert (again.status_code, again.json()["id"]) == (200, family)


def test_two_families_of_one_number_at_the_same_moment_each_get_a_place(office: Office) -> None:
    day = office.publish()
    names = ["Fatima el Amrani", SISTER] * 3
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda name: office.post_family(day, name=name), names))
    assert sorted(one.status_code for one in answers) == [200] * 4 + [201] * 2
    assert office.day(day)["registered"] == 2


class TestAnswers:
    @pytest.fixture
    def day(self, office: Office) -> str:
        return office.publish()

    @pytest.fixture
    def both(self, office: Office, day: str) -> list[str]:
        """Two families of one number that have been asked whether they come."""
        families = [office.register(day), office.register(day, name=SISTER)]
        office.clock.set(at("2026-12-14T10:00"))
        office.remind()
        office.send_all()
        return families

    @pytest.mark.parametrize("word", [Keyword.YES, Keyword.NO])
    def test_one_word_for_two_families_is_taken_for_neither(
        self, office: Office, day: str, both: list[str], word: Keyword
    ) -> None:
        assert office.reply(word) is False
        assert [office.family(day, one)["state"] for one in both] == ["registered"] * 2

    def test_nor_is_it_taken_for_the_one_that_has_not_answered(
        self, office: Office, day: str, both: list[str]
    ) -> None:
        path = f"/v1/visit-days/{day}/registrations/{both[0]}"
        office.client.patch(path, json={"state": "confirmed"}, headers=office.desk)
        assert office.reply(Keyword.NO) is False
        assert office.family(day, both[1])["state"] == "registered"

    def test_when_one_of_them_no_longer_comes_the_other_is_meant(
        self, office: Office, day: str, both: list[str]
    ) -> None:
        path = f"/v1/visit-days/{day}/registrations/{both[0]}"
        office.client.patch(path, json={"state": "cancelled"}, headers=office.desk)
        assert office.reply(Keyword.YES)
        assert office.family(day, both[1])["state"] == "confirmed"

    def test_yes_to_whose_number_it_is_holds_for_both(self, office: Office, day: str) -> None:
        families = [office.register(day, by="prison"), office.register(day, by="prison", name=SISTER)]
        assert office.wanted() == ["confirm-number"]
        assert office.reply(Keyword.YES)
        assert all(office.family(day, one)["numberConfirmed"] for one in families)

    def test_no_to_whose_number_it_is_could_be_about_one_of_them(self, office: Office, day: str) -> None:
        families = [office.register(day, by="prison"), office.register(day, by="prison", name=SISTER)]
        assert office.reply(Keyword.NO) is False
        assert [office.family(day, one)["state"] for one in families] == ["registered"] * 2


def test_a_family_by_telephone_shares_a_number_with_one_by_text(office: Office) -> None:
    day = office.publish()
    office.register(day)
    grandmother = office.register(day, name=SISTER, channel="phone")
    office.clock.set(at("2026-12-14T10:00"))
    office.remind()
    assert office.reply(Keyword.NO)
    assert office.family(day, grandmother)["state"] == "registered"
    assert [settle(office, one["id"], "comes") for one in items(office)] == [201]
    assert office.family(day, grandmother)["state"] == "confirmed"
