"""A key is for the visits of its facilities: of any other it learns nothing, not even that it is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.notify.contacts.rules import Keyword
from shared.security import allowance
from tests.notify.visits.office import PRISON, Office, at, items

GENT = "be-gevangenis-gent"
MakeKey = Callable[..., dict[str, str]]


@pytest.fixture
def ours(make_key: MakeKey) -> dict[str, str]:
    return make_key("notify", "visits:write", facilities=[PRISON])


@pytest.fixture
def theirs(make_key: MakeKey) -> dict[str, str]:
    """Another prison's key, for texts too."""
    return make_key("notify", "visits:write", "messages:read", facilities=[GENT])


def family(**changed: Any) -> dict[str, Any]:
    known = {"name": "Fatima el Amrani", "phone": "0612345678", "channel": "sms", "language": "nl"}
    return known | changed


def test_another_prisons_days_are_on_no_list(office: Office, theirs: dict[str, str]) -> None:
    office.publish()
    day = office.publish(facility=GENT)
    for query in ("", f"?facility={GENT}"):
        found = office.client.get(f"/v1/visit-days{query}", headers=theirs).json()
        assert ([one["id"] for one in found["items"]], found["total"]) == ([day], 1)
    assert office.client.get(f"/v1/visit-days?facility={PRISON}", headers=theirs).json()["total"] == 0


def test_another_prison_cannot_call_off_what_is_not_its_own(office: Office, theirs: dict[str, str]) -> None:
    day = office.publish()
    office.register(day)
    office.send_all()
    answer = office.client.delete(f"/v1/visit-days/{day}?reason=ziek", headers=theirs)
    assert answer.status_code == 404
    assert office.wanted() == []
    assert office.day(day)["state"] == "open"


def test_a_day_is_published_for_ones_own_prison(office: Office, theirs: dict[str, str]) -> None:
    office.prison = theirs
    answer = office.post_day()
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (403, "/facility")
    assert office.post_day(facility=GENT).status_code == 201


def test_a_key_of_before_that_names_no_facility_reaches_none(office: Office, make_key: MakeKey) -> None:
    day = office.publish()
    unbound = make_key("notify", "visits:write")
    assert office.client.get("/v1/visit-days", headers=unbound).json()["total"] == 0
    assert office.client.get(f"/v1/visit-days/{day}", headers=unbound).status_code == 404
    office.prison = unbound
    assert office.post_day(date="2026-12-24").status_code == 403


def test_the_desk_and_the_operator_see_every_prison(office: Office, make_key: MakeKey) -> None:
    days = {office.publish(), office.publish(facility=GENT)}
    for scope in ("desk", "operator"):
        found = office.client.get("/v1/visit-days", headers=make_key("notify", scope)).json()
        assert {one["id"] for one in found["items"]} == days


def test_the_desk_is_not_for_a_key_of_one_prison(office: Office, make_key: MakeKey) -> None:
    bound = make_key("notify", "visits:write", "desk", facilities=[PRISON])
    assert office.client.get("/v1/work-items", headers=bound).status_code == 403


class TestWhatIsKnownOfANumberElsewhere:
    """Registering it in Gent is answered as for a number that nobody knows."""

    def unknown(self, office: Office, theirs: dict[str, str], day: str) -> Any:
        path = f"/v1/visit-days/{day}/registrations"
        return office.client.post(path, json=family(phone="0687654321"), headers=theirs)

    def known(self, office: Office, theirs: dict[str, str], day: str) -> Any:
        path = f"/v1/visit-days/{day}/registrations"
        return office.client.post(path, json=family(), headers=theirs)

    def answers_alike(self, office: Office, theirs: dict[str, str]) -> str:
        day = office.publish(facility=GENT)
        one, other = self.known(office, theirs, day), self.unknown(office, theirs, day)
        assert (one.status_code, other.status_code) == (201, 201), one.text
        assert {**one.json(), "id": ""} == {**other.json(), "id": ""}
        seen = [self.seen(office, theirs, day, answer.json()["id"]) for answer in (one, other)]
        assert seen[0] == seen[1]
        return str(one.json()["id"])

    def seen(self, office: Office, theirs: dict[str, str], day: str, family_id: str) -> Any:
        reminders = office.client.get(f"/v1/visit-days/{day}/reminders", headers=theirs).json()["items"]
        messages = office.client.get(f"/v1/messages?causeId={family_id}", headers=theirs).json()
        steps = [(one["step"], one["state"]) for one in reminders if one["registrationId"] == family_id]
        return steps, messages

    def test_a_number_that_visits_there(self, office: Office, theirs: dict[str, str]) -> None:
        office.register(office.publish())
        self.answers_alike(office, theirs)
        # Its owner is asked once more, rather than written to on the word of another prison.
        assert office.wanted().count("confirm-number") == 2

    def test_a_number_that_was_asked_today(self, office: Office, theirs: dict[str, str]) -> None:
        office.register(office.publish(), by="prison")
        self.answers_alike(office, theirs)
        assert office.wanted().count("confirm-number") == 2

    def test_a_number_whose_owner_said_no(self, office: Office, theirs: dict[str, str]) -> None:
        office.register(office.publish(), by="prison")
        office.reply(Keyword.NO)
        office.send_all()
        registration = self.answers_alike(office, theirs)
        # The other one's question alone: this number is left alone, and a person decides.
        assert len(office.wanted()) == 1
        assert registration in [one["subjectId"] for one in items(office) if one["reason"] == "left-alone"]

    def test_a_number_that_was_asked_often_today(self, office: Office, theirs: dict[str, str]) -> None:
        for date in ("2026-12-17", "2026-12-18"):
            day = office.publish(date=date)
            office.register(day, by="prison")
            office.cancel(day)
        office.send_all()
        registration = self.answers_alike(office, theirs)
        assert len(office.wanted()) == 1
        assert [one["subjectId"] for one in items(office) if one["reason"] == "left-alone"] == [registration]

    def test_of_its_own_visitors_a_prison_knows(self, office: Office, ours: dict[str, str]) -> None:
        office.register(office.publish(), by="prison")
        office.reply(Keyword.YES)
        day = office.publish(date="2026-12-24")
        path = f"/v1/visit-days/{day}/registrations"
        assert office.client.post(path, json=family(), headers=ours).json()["numberConfirmed"] is True


class TestTexts:
    def test_a_prison_sees_those_about_its_own_visits(
        self, office: Office, theirs: dict[str, str], make_key: MakeKey
    ) -> None:
        registration = office.register(office.publish())
        ours = make_key("notify", "messages:read", facilities=[PRISON])
        path = f"/v1/messages?causeId={registration}"
        (message,) = office.client.get(path, headers=ours).json()["items"]
        assert office.client.get(f"/v1/messages/{message['id']}", headers=ours).status_code == 200
        nothing = {"items": [], "total": 0, "next": None}
        assert office.client.get(path, headers=theirs).json() == nothing
        assert office.client.get(f"/v1/messages/{message['id']}", headers=theirs).status_code == 404

    def test_that_a_family_is_silent_elsewhere_is_in_none(self, office: Office, make_key: MakeKey) -> None:
        registration = office.register(office.publish(), by="prison")
        ours = make_key("notify", "messages:read", facilities=[PRISON])
        assert office.wanted() == ["confirm-number"]
        found = office.client.get(f"/v1/messages?causeId={registration}", headers=ours).json()
        assert found["items"] == []


class TestCeilings:
    @pytest.fixture
    def small(self, office: Office, make_key: MakeKey) -> Office:
        office.prison = make_key("notify", "visits:write", facilities=[PRISON], per_hour=2)
        return office

    def test_above_them_nothing_is_registered_and_reading_goes_on(self, small: Office) -> None:
        day = small.publish()
        assert small.post_family(day, by="prison").status_code == 201
        refused = small.post_family(day, by="prison", phone="0612345679")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")
        assert small.day(day)["registered"] == 1
        small.clock.set(at("2026-12-01T11:00"))
        assert small.post_family(day, by="prison", phone="0612345679").status_code == 201

    def test_that_a_visit_is_off_today_waits_for_none(self, small: Office) -> None:
        today = small.publish(date="2026-12-01", startTime="20:00", endTime="21:00")
        later = small.publish()
        assert small.cancel(later).status_code == 429
        assert small.cancel(today).json()["state"] == "cancelled"

    def test_they_are_generous(self) -> None:
        assert allowance.UNLESS_SAID.per_hour >= 1000


def test_a_key_past_its_last_day_is_told_so(office: Office, make_key: MakeKey) -> None:
    office.prison = make_key(
        "notify", "visits:write", facilities=[PRISON], until=at("2026-12-01T00:00").date()
    )
    day = office.publish()
    office.clock.set(at("2026-12-02T00:00"))
    answer = office.client.get(f"/v1/visit-days/{day}", headers=office.prison)
    assert answer.status_code == 401
    assert "2026-12-01" in answer.json()["detail"]
