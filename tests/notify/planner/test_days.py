"""A planner publishes, changes and calls off days of their own facilities, and of no other."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from services.notify.messages.tables import Purpose
from services.notify.visits.facility_tables import ClosedDays
from services.notify.visits.tables import Registration, RegistrationState, VisitDay, VisitState
from tests.kit import planner
from tests.kit.planner import OTHER, PRISON
from tests.notify.visits.office import Office

AT = f"/planner/facilities/{PRISON}"
DAY = {
    "day": "2026-12-17",
    "start_time": "14:00",
    "end_time": "15:30",
    "capacity": "10",
    "kind": "child-visit",
}


def post(client: TestClient, path: str, form: str, **filled: str) -> Any:
    return client.post(path, data={"form": form} | filled)


def days(session: Session) -> list[VisitDay]:
    session.expire_all()
    return list(session.exec(select(VisitDay)))


def test_a_day_is_published_once_however_often_it_is_sent_and_stands_in_the_month_and_the_list(
    client: TestClient, session: Session
) -> None:
    form = planner.sign_in(client, session)
    first, again = [post(client, f"{AT}/new", form, **DAY) for _ in range(2)]
    [made] = days(session)
    assert first.headers["location"] == again.headers["location"] == f"/planner/days/{made.id}"
    for page in (f"{AT}?month=2026-12", f"{AT}/list", "/planner/days"):
        where = page if page != "/planner/days" else f"{page}/{made.id}"
        assert "14:00" in client.get(where).text
    assert f"/planner/days/{made.id}" not in client.get(f"{AT}?month=2026-11").text
    other = post(client, f"{AT}/new", form, **DAY | {"capacity": "12"})
    assert (other.status_code, len(days(session))) == (409, 1)


@pytest.mark.parametrize(
    ("wrong", "at"),
    [
        ({"day": "2026-02-30"}, "day"),
        ({"day": "2025-12-17"}, "day"),
        ({"end_time": "13:00"}, "end_time"),
        ({"capacity": "0"}, "capacity"),
        ({"capacity": "²"}, "capacity"),
        ({"day": "2027-03-28", "start_time": "02:30"}, "start_time"),
    ],
    ids=["no date", "past", "end first", "no place", "no number", "skipped hour"],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    wrong: dict[str, str], at: str, client: TestClient, session: Session
) -> None:
    form = planner.sign_in(client, session)
    answer = post(client, f"{AT}/new", form, **DAY | wrong)
    assert (answer.status_code, days(session)) == (400, [])
    assert f'href="#{at}"' in answer.text
    assert next(iter(wrong.values())) in answer.text


def test_on_a_closed_day_nothing_is_published_or_moved_to_and_it_says_why(
    office: Office, client: TestClient, session: Session
) -> None:
    form = planner.sign_in(client, session)
    closing = {"first_day": "2026-12-24", "last_day": "2026-12-26", "reason": "Kerst & <b>rust</b>"}
    for _ in range(2):
        assert post(client, f"{AT}/closed", form, **closing).status_code == 303
    [closed] = session.exec(select(ClosedDays)).all()
    answer = post(client, f"{AT}/new", form, **DAY | {"day": "2026-12-25"})
    assert answer.status_code == 409
    assert "Kerst &amp; &lt;b&gt;rust&lt;/b&gt;" in answer.text
    made = office.publish()
    moved = post(client, f"/planner/days/{made}/change", form, **DAY | {"day": "2026-12-24"})
    assert (moved.status_code, days(session)[0].visit_date) == (409, date(2026, 12, 17))
    assert post(client, f"{AT}/closed/{closed.id}/open", form).status_code == 303
    assert post(client, f"{AT}/new", form, **DAY | {"day": "2026-12-25"}).status_code == 303


def test_a_move_first_says_how_many_are_told_and_a_change_of_room_tells_nobody(
    office: Office, client: TestClient, session: Session
) -> None:
    made, form = office.publish(), planner.sign_in(client, session)
    office.register(made)
    change = f"/planner/days/{made}/change"
    assert post(client, change, form, **DAY | {"capacity": "20"}).status_code == 303
    told = office.wanted()
    unsure = post(client, change, form, **DAY | {"day": "2026-12-18", "capacity": "20"})
    assert (unsure.status_code, 'href="#sure"' in unsure.text) == (400, True)
    assert (days(session)[0].capacity, days(session)[0].visit_date) == (20, date(2026, 12, 17))
    sure = post(client, change, form, **DAY | {"day": "2026-12-18", "capacity": "20", "sure": "yes"})
    assert (sure.status_code, days(session)[0].visit_date) == (303, date(2026, 12, 18))
    assert Purpose.VISIT_MOVED not in told
    assert Purpose.VISIT_MOVED in office.wanted()


def test_with_less_room_than_families_nobody_loses_a_place_and_it_says_so(
    office: Office, client: TestClient, session: Session
) -> None:
    made, form = office.publish(), planner.sign_in(client, session)
    for name in ("Een", "Twee"):
        office.register(made, name=name)
    answer = post(client, f"/planner/days/{made}/change", form, **DAY | {"capacity": "1"})
    assert (answer.status_code, days(session)[0].capacity) == (409, 10)
    assert "Niemand verliest die" in answer.text
    assert set(session.scalars(select(Registration.state))) == {RegistrationState.REGISTERED}


def test_a_day_with_many_families_is_called_off_by_two_planners_and_not_by_one_twice(
    office: Office, client: TestClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.notify.visits.rules.ALONE", 1)
    made, form = office.publish(), planner.sign_in(client, session)
    for name in ("Een", "Twee"):
        office.register(made, name=name)
    path = f"/planner/days/{made}/call-off"
    assert post(client, path, form).status_code == 400  # a reason is needed
    for _ in range(2):
        assert post(client, path, form, reason="te weinig personeel").status_code == 303
        assert days(session)[0].state is VisitState.OPEN
    assert "Jij vroeg erom" in client.get(f"/planner/days/{made}").text
    form = planner.sign_in(client, session, email="jan@pi.example")
    assert "te weinig personeel" in client.get(path).text
    assert post(client, path, form, reason="te weinig personeel").status_code == 303
    assert days(session)[0].state is VisitState.CANCELLED
    assert office.wanted().count(Purpose.VISIT_CANCELLED) == 2


def test_what_visitors_read_has_a_source_and_a_day_on_which_it_was_checked(
    client: TestClient, session: Session
) -> None:
    form = planner.sign_in(client, session)
    said = {"text": "Ingang aan de zijkant.", "source": "Huisreglement", "checked_on": "2026-12-01"}
    for missing in ({"source": ""}, {"checked_on": "2026-12-02"}, {"checked_on": "gisteren"}):
        assert post(client, f"{AT}/note", form, **said | missing).status_code == 400
    assert post(client, f"{AT}/note", form, **said).status_code == 303
    assert "Ingang aan de zijkant." in client.get(f"{AT}/note").text
    assert post(client, f"{AT}/note", form, text="").status_code == 303
    assert "Ingang" not in client.get(f"{AT}/note").text


def test_nothing_of_another_facility_is_found_and_no_form_of_another_session_is_taken(
    office: Office, client: TestClient, session: Session
) -> None:
    theirs = office.publish(facility=OTHER)
    family = office.register(theirs)
    own = office.publish()
    form = planner.sign_in(client, session)
    there = f"/planner/facilities/{OTHER}"
    gets = [there, f"{there}/list", f"{there}/new", f"{there}/closed", f"{there}/note"]
    gets += [f"/planner/days/{theirs}{page}" for page in ("", "/change", "/call-off", "/who", "/who.csv")]
    assert {path: client.get(path).status_code for path in gets} == dict.fromkeys(gets, 404)
    posts = [f"{there}/new", f"{there}/closed", f"{there}/note"]
    posts += [f"/planner/days/{theirs}{page}" for page in ("/change", "/call-off", f"/who/{family}")]
    posts += [f"/planner/days/{own}/who/{family}"]
    filled = DAY | {"reason": "nee", "attendance": "came"}
    answers = {path: post(client, path, form, **filled).status_code for path in posts}
    assert answers == dict.fromkeys(posts, 404)
    foreign = planner.form_of(session, planner.begin(session, email="other@pi.example"))
    for path in (f"{AT}/new", f"{AT}/closed", f"/planner/days/{own}/call-off"):
        assert post(client, path, foreign, **filled).status_code == 403
    # What is taken away is gone at the next press.
    planner.sign_in(client, session, OTHER)
    assert client.get(f"/planner/days/{own}").status_code == 404
