"""A planner publishes a day, changes it, calls it off, and sees at the gate who comes: their own alone."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.notify.families.finding import by_code
from services.notify.messages.tables import Purpose
from services.notify.visits.facility_tables import ClosedDays
from services.notify.visits.tables import Registration, VisitDay
from shared.audit.tables import audit_entries
from tests.kit import planner
from tests.kit.planner import OTHER, PRISON
from tests.notify.visits.office import Office, at

HERE = f"/planner/facilities/{PRISON}"
DAY = {
    "date": "2026-12-17",
    "start_time": "14:00",
    "end_time": "15:30",
    "capacity": "10",
    "kind": "child-visit",
}
NL = {"Accept-Language": "nl"}


@pytest.fixture
def form(client: TestClient, session: Session) -> str:
    """The token of the forms of Els, who plans the visits at Vught and is signed in."""
    return planner.sign_in(client, session)


def send(client: TestClient, path: str, form: str, **filled: str) -> Any:
    return client.post(path, data={"form": form} | filled, headers=NL)


def days(session: Session) -> list[VisitDay]:
    session.expire_all()
    return list(session.exec(select(VisitDay)))


def test_a_day_that_is_published_twice_is_one_day_and_stands_in_its_month(
    client: TestClient, session: Session, form: str
) -> None:
    for _ in range(2):
        answer = send(client, f"{HERE}/days/new", form, **DAY)
        assert answer.status_code == 303, answer.text
    [day] = days(session)
    page = client.get(answer.headers["location"], headers=NL).text
    assert "december 2026" in page
    assert f"/planner/days/{day.id}" in page
    assert "0 van 10 plaatsen bezet" in page
    assert str(day.id) in client.get(f"{HERE}/days", headers=NL).text
    assert str(day.id) not in client.get(f"{HERE}?month=2027-01", headers=NL).text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"date": "gisteren"}, "date"),
        ({"date": "2026-11-01"}, "date"),
        ({"date": "2027-03-28", "start_time": "02:30"}, "start_time"),
        ({"end_time": "13:00"}, "end_time"),
        ({"capacity": "veel"}, "capacity"),
        ({"kind": "feest"}, "kind"),
    ],
)
def test_what_is_wrong_with_a_day_is_said_at_its_field_and_what_was_typed_stays(
    client: TestClient, session: Session, form: str, wrong: dict[str, str], field: str
) -> None:
    answer = send(client, f"{HERE}/days/new", form, **DAY | wrong)
    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert f'value="{wrong.get("capacity", "10")}"' in answer.text
    assert days(session) == []


def test_on_a_day_on_which_the_facility_is_closed_nothing_is_published_and_the_reason_is_said(
    client: TestClient, session: Session, form: str
) -> None:
    closing = {"first_day": "2026-12-14", "last_day": "2026-12-20", "reason": "verbouwing"}
    assert send(client, f"{HERE}/closed", form, **closing).status_code == 303
    refused = send(client, f"{HERE}/days/new", form, **DAY)
    assert refused.status_code == 409
    assert "verbouwing" in refused.text
    [closed] = session.exec(select(ClosedDays)).all()
    assert send(client, f"{HERE}/closed/{closed.id}/open", form).status_code == 303
    assert send(client, f"{HERE}/days/new", form, **DAY).status_code == 303


def test_a_day_to_which_families_come_is_moved_after_the_page_said_how_many_are_told(
    client: TestClient, office: Office, session: Session, form: str
) -> None:
    day = office.publish()
    office.register(day)
    office.register(day, name="Noor", phone="06-87654321")
    later = DAY | {"date": "2026-12-18"}
    asked = send(client, f"/planner/days/{day}", form, **later)
    assert asked.status_code == 200
    assert "Gezinnen die komen: 2" in asked.text
    assert [f"{one.visit_date}" for one in days(session)] == ["2026-12-17"]
    moved = send(client, f"/planner/days/{day}", form, **later, sure="yes")
    assert moved.headers["location"].endswith("done=moved")
    assert [f"{one.visit_date}" for one in days(session)] == ["2026-12-18"]
    assert office.wanted().count(Purpose.VISIT_MOVED) == 2


def test_nobody_loses_a_place_to_a_smaller_number(client: TestClient, office: Office, form: str) -> None:
    day = office.publish(capacity=2)
    office.register(day)
    office.register(day, name="Noor", phone="06-87654321")
    refused = send(client, f"/planner/days/{day}", form, **DAY | {"capacity": "1"})
    assert refused.status_code == 409
    assert "Er komen al 2 gezinnen" in refused.text
    assert office.day(day)["capacity"] == 2


def test_a_day_is_called_off_with_a_reason_and_families_are_told(
    client: TestClient, office: Office, form: str
) -> None:
    day = office.publish()
    office.register(day)
    path = f"/planner/days/{day}/call-off"
    assert "Gezinnen die komen: 1" in client.get(path, headers=NL).text
    assert send(client, path, form, reason=" ").status_code == 400
    assert office.day(day)["state"] == "open"
    assert send(client, path, form, reason="staking").status_code == 303
    assert office.day(day)["state"] == "cancelled"
    assert Purpose.VISIT_CANCELLED in office.wanted()


def test_above_fifty_families_a_colleague_has_to_ask_for_the_same(
    client: TestClient, office: Office, session: Session, form: str
) -> None:
    day = office.publish(capacity=60)
    for number in range(51):
        office.register(day, name=f"Gezin {number}", phone=f"06-123456{number:02}")
    path = f"/planner/days/{day}/call-off"
    for _ in range(2):
        assert send(client, path, form, reason="staking").headers["location"].endswith("done=waiting")
    assert office.day(day)["state"] == "open"
    assert "wacht op een tweede persoon" in client.get(f"/planner/days/{day}", headers=NL).text
    colleague = planner.sign_in(client, session, email="jan@pi.example")
    assert send(client, path, colleague, reason="staking").headers["location"].endswith("called-off")
    assert office.day(day)["state"] == "cancelled"


def test_who_comes_is_listed_for_the_gate_without_number_or_address_and_each_look_is_noted(
    client: TestClient, office: Office, session: Session, form: str
) -> None:
    day = office.publish()
    office.register(day, adults=2, childAgeBands=["4-7", "4-7", "12-15"], firstVisit=True)
    office.register(day, name="=1+1", phone="06-87654321")
    page = client.get(f"/planner/days/{day}/who-comes", headers=NL).text
    assert "Fatima el Amrani" in page
    assert "2 × 4-7" in page
    assert "12345678" not in page
    sheet = client.get(f"/planner/days/{day}/who-comes.csv", headers=NL)
    rows = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig")), delimiter=";"))
    assert [row[0] for row in rows] == ["Naam", "'=1+1", "Fatima el Amrani"]
    assert "12345678" not in sheet.text
    looked = session.execute(select(audit_entries.c.deed)).scalars().all()
    assert looked.count("reveal.names") == 2


def test_who_came_is_ticked_on_the_day_and_can_be_undone(
    client: TestClient, office: Office, session: Session, form: str
) -> None:
    day = office.publish()
    family = office.register(day)
    path = f"/planner/days/{day}/who-comes/{family}"
    assert send(client, path, form, attendance="came").status_code == 409
    office.clock.set(at("2026-12-17T13:30"))
    for code, kept in (("came", "came"), ("late", "late"), ("undone", None)):
        assert send(client, path, form, attendance=code).status_code == 303
        session.expire_all()
        assert session.exec(select(Registration.attendance)).one() == kept


def test_what_a_facility_says_to_who_visits_has_a_source_and_a_date(
    client: TestClient, session: Session, form: str
) -> None:
    said = {"language": "nl", "text": "Neem je kaart mee.", "source": "", "checked_on": "2026-12-01"}
    assert send(client, f"{HERE}/notes", form, **said).status_code == 400
    assert send(client, f"{HERE}/notes", form, **said | {"source": "huisregels"}).status_code == 303
    assert "Neem je kaart mee." in client.get(f"{HERE}/notes", headers=NL).text
    place = next(code for code, one in by_code().items() if one.id == PRISON)
    assert "Neem je kaart mee." in client.get(f"/days/at/{place}", headers=NL).text


def test_of_another_facility_nothing_is_found_whatever_a_planner_asks(
    client: TestClient, office: Office, session: Session, form: str
) -> None:
    day = office.publish(facility=OTHER)
    family = office.register(day)
    there = f"/planner/facilities/{OTHER}"
    for path in (there, f"{there}/days", f"{there}/days/new", f"{there}/closed", f"{there}/notes"):
        assert client.get(path).status_code == 404, path
    for path in ("", "/call-off", "/who-comes", "/who-comes.csv"):
        assert client.get(f"/planner/days/{day}{path}").status_code == 404, path
    office.clock.set(at("2026-12-17T13:30"))
    forged = [f"{there}/days/new", f"{there}/closed", f"{there}/notes"]
    forged += [f"/planner/days/{day}", f"/planner/days/{day}/call-off"]
    for path in (*forged, f"/planner/days/{day}/who-comes/{family}"):
        assert send(client, path, form, **DAY, reason="staking", attendance="came").status_code == 404, path
    session.expire_all()
    assert session.exec(select(Registration.attendance)).one() is None
    assert office.day(day)["state"] == "open"


def test_a_family_of_another_day_is_not_ticked_by_this_ones_address(
    client: TestClient, office: Office, session: Session, form: str
) -> None:
    mine, other = office.publish(), office.publish(facility=OTHER)
    family = office.register(other)
    office.clock.set(at("2026-12-17T13:30"))
    answer = send(client, f"/planner/days/{mine}/who-comes/{family}", form, attendance="came")
    assert answer.status_code == 404


def test_a_form_of_another_session_is_refused(client: TestClient, session: Session, form: str) -> None:
    planner.sign_in(client, session, email="jan@pi.example")
    assert send(client, f"{HERE}/days/new", form, **DAY).status_code == 403
    assert days(session) == []


def test_every_page_of_a_facility_leads_to_the_others(client: TestClient, form: str) -> None:
    page = client.get("/planner", headers=NL).text
    assert f'href="{HERE}"' in page
    ways = re.findall(rf'href="({HERE}[a-z/]*)"', client.get(HERE, headers=NL).text)
    assert {f"{HERE}{one}" for one in ("", "/days", "/days/new", "/closed", "/notes")} <= set(ways)
    for way in ways:
        assert client.get(way, headers=NL).status_code == 200
