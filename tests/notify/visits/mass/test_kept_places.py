"""Who was called off is offered a new day first, in turn, once, and before anybody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, col, select

from services.notify.contacts.rules import Keyword
from services.notify.erasing.commands import erase
from services.notify.erasing.queries import REGISTRATIONS
from services.notify.visits import commands, tasks
from services.notify.visits.commands import queueing
from services.notify.visits.mass.tables import KeptPlace
from services.notify.visits.tables import Registration, VisitDay
from tests.kit import planner
from tests.notify.visits.mass.strike import Strike
from tests.notify.visits.office import Office, items

FIRST = {"name": "Eerste", "phone": "06-12345678"}
SECOND = {"name": "Tweede", "phone": "06-12345679"}
THIRD = {"name": "Derde", "phone": "06-12345670"}
NEW, NEW_DATE = "2027-01-14", date(2027, 1, 14)


def called_off(strike: Strike, *families: dict[str, Any], **day: Any) -> list[str]:
    """Families that registered one after the other for a day that is off now; they have been told."""
    office, ids = strike.office, []
    lost = office.publish(**day)
    for one in families:
        ids.append(office.register(lost, **one))
        office.clock.advance(timedelta(seconds=1))
    strike.done()
    strike.a_minute_later()
    office.send_all()
    return ids


def line(office: Office, day: str) -> list[tuple[str, str, bool]]:
    """Who stands on a day, in turn: name, state, and whether a place is kept for it."""
    with office.runtime.sessions() as session:
        rows = session.exec(
            select(Registration)
            .where(Registration.visit_day_id == UUID(day))
            .order_by(col(Registration.waiting_since), col(Registration.created_at))
        ).all()
    return [(one.name, str(one.state), one.offered_until is not None) for one in rows]


def settled(office: Office) -> int:
    with office.runtime.sessions() as session:
        return sum(one.settled_at is not None for one in session.exec(select(KeptPlace)))


def lapse(office: Office) -> None:
    with office.runtime.sessions() as session:
        due = commands.claim_lapsed_offers(session, office.clock.now(), 100)
        session.commit()
    tasks.lapse_offers(office.runtime, due)


def test_a_new_day_is_offered_in_the_order_in_which_they_had_registered(
    strike: Strike, office: Office
) -> None:
    called_off(strike, FIRST, SECOND, THIRD)
    day = office.publish(date=NEW, capacity=2)
    assert line(office, day) == [("Eerste", "waiting", True), ("Tweede", "waiting", True)]
    assert office.day(day)["placesLeft"] == 0
    assert office.wanted() == ["place-offered", "place-offered"]
    assert settled(office) == 0


def test_whoever_comes_by_itself_waits_behind_all_who_were_called_off(strike: Strike, office: Office) -> None:
    called_off(strike, FIRST, SECOND)
    day = office.publish(date=NEW, capacity=1)
    assert office.post_family(day, name="Vierde", phone="06-12345671").status_code == 409
    office.register(day, name="Vierde", phone="06-12345671", waitlist=True)
    assert office.reply(Keyword.NO)
    assert line(office, day) == [
        ("Eerste", "cancelled", False),
        ("Tweede", "waiting", True),
        ("Vierde", "waiting", False),
    ]
    assert office.reply(Keyword.NO, "+31612345679")
    assert line(office, day)[2] == ("Vierde", "waiting", True)


def test_a_yes_takes_the_place_and_no_other_day_is_offered(strike: Strike, office: Office) -> None:
    called_off(strike, FIRST)
    day = office.publish(date=NEW)
    assert office.reply(Keyword.YES)
    assert line(office, day) == [("Eerste", "confirmed", False)]
    assert settled(office) == 1
    assert line(office, office.publish(date="2027-01-15")) == []


def test_who_declines_or_stays_silent_is_offered_no_other_day(strike: Strike, office: Office) -> None:
    called_off(strike, FIRST, SECOND)
    day = office.publish(date=NEW, capacity=2)
    assert office.reply(Keyword.NO)
    assert settled(office) == 1
    office.clock.advance(timedelta(days=2))
    lapse(office)
    assert settled(office) == 2
    assert {state for _, state, kept in line(office, day) if not kept} >= {"cancelled"}
    assert line(office, office.publish(date="2027-01-15")) == []


def test_after_a_silence_the_next_who_was_called_off_is_offered_the_place(
    strike: Strike, office: Office
) -> None:
    called_off(strike, FIRST, SECOND)
    day = office.publish(date=NEW, capacity=1)
    office.clock.advance(timedelta(days=2))
    lapse(office)
    assert sorted(line(office, day)) == [("Eerste", "waiting", False), ("Tweede", "waiting", True)]


def test_a_family_is_offered_one_day_at_a_time_and_one_lost_visit_gives_one_offer(
    strike: Strike, office: Office
) -> None:
    called_off(strike, FIRST)
    one, other = office.publish(date=NEW), office.publish(date="2027-01-15")
    assert (len(line(office, one)), line(office, other)) == (1, [])


def test_a_family_that_lost_two_visits_has_one_offer_for_a_day(strike: Strike, office: Office) -> None:
    for lost in ("2026-12-17", "2026-12-18"):
        office.register(office.publish(date=lost), **FIRST)
    strike.done()
    strike.a_minute_later()
    one = office.publish(date=NEW)
    assert line(office, one) == [("Eerste", "waiting", True)]
    assert line(office, office.publish(date="2027-01-15")) == [("Eerste", "waiting", True)]


def test_a_family_that_registered_by_itself_has_no_second_offer(strike: Strike, office: Office) -> None:
    called_off(strike, FIRST, SECOND)
    day = office.publish(date=NEW, capacity=1)
    office.register(day, waitlist=True, **SECOND)
    assert office.reply(Keyword.NO)
    assert line(office, day) == [("Eerste", "cancelled", False), ("Tweede", "waiting", True)]
    assert office.wanted().count("place-offered") == 1


def test_who_registers_while_a_place_is_offered_takes_that_place(strike: Strike, office: Office) -> None:
    called_off(strike, FIRST)
    day = office.publish(date=NEW, capacity=1)
    assert office.post_family(day, **FIRST).status_code == 200
    assert line(office, day) == [("Eerste", "confirmed", False)]
    assert settled(office) == 1


def test_a_new_day_that_is_off_too_costs_no_turn(strike: Strike, office: Office) -> None:
    called_off(strike, FIRST)
    day = office.publish(date=NEW)
    assert office.cancel(day).status_code == 200
    again = office.publish(date="2027-01-15")
    assert line(office, again) == [("Eerste", "waiting", True)]


@pytest.mark.parametrize(
    "other",
    [{"date": "2027-02-16"}, {"kind": "training"}, {"facility": "be-gevangenis-gent"}],
    ids=["later than sixty days", "another kind", "another facility"],
)
def test_another_day_is_not_offered(strike: Strike, office: Office, other: dict[str, str]) -> None:
    called_off(strike, FIRST)
    assert line(office, office.publish(**{"date": "2027-02-15"} | other)) == []
    assert line(office, office.publish(date="2027-02-15")) == [("Eerste", "waiting", True)]


def test_a_day_that_was_there_already_is_for_who_waits_for_it(strike: Strike, office: Office) -> None:
    day = office.publish(date=NEW, capacity=1)
    has = office.register(day, name="Heeft", phone="06-12345671")
    called_off(strike, FIRST)
    path = f"/v1/visit-days/{day}/registrations/{has}"
    office.client.patch(path, json={"state": "cancelled"}, headers=office.desk)
    assert line(office, day) == [("Heeft", "cancelled", False)]


def test_whose_number_nobody_proved_is_telephoned_and_keeps_nobody_waiting(
    strike: Strike, office: Office
) -> None:
    called_off(strike, FIRST | {"by": "prison"}, SECOND)
    day = office.publish(date=NEW, capacity=1)
    assert line(office, day) == [("Eerste", "waiting", False), ("Tweede", "waiting", True)]
    with office.runtime.sessions() as session:
        new = session.exec(
            select(Registration.id).where(
                Registration.visit_day_id == UUID(day), col(Registration.number_confirmed).is_(False)
            )
        ).one()
    assert str(new) in {one["details"].get("registrationId") for one in items(office)}
    assert office.wanted() == ["place-offered"]


def test_who_was_erased_is_offered_nothing(strike: Strike, office: Office) -> None:
    [family] = called_off(strike, FIRST)
    with office.runtime.sessions() as session:
        erase(session, {REGISTRATIONS: [UUID(family)]}, office.clock.now())
        session.commit()
    assert line(office, office.publish(date=NEW)) == []


def test_a_day_that_moves_is_offered_on_its_new_date(strike: Strike, office: Office) -> None:
    far = office.publish(date="2027-03-15")
    called_off(strike, FIRST)
    assert line(office, far) == []
    assert office.change(far, date=NEW).status_code == 200
    assert line(office, far) == [("Eerste", "waiting", True)]


def test_days_that_move_together_are_offered_on_their_new_date(strike: Strike, office: Office) -> None:
    far = office.publish(date="2027-03-15")
    called_off(strike, FIRST)
    more = {"from": "2027-03-15", "newDate": NEW, "reason": ...}
    strike.done(action="move", until="2027-03-15", **more)
    strike.a_minute_later()
    assert line(office, far) == [("Eerste", "waiting", True)]


def test_a_day_from_the_planners_page_is_offered(
    strike: Strike, office: Office, session_for: Callable[[str], Session]
) -> None:
    called_off(strike, FIRST)
    with session_for("notify") as session:
        form = planner.sign_in(office.client, session)
    filled = {"date": NEW, "start_time": "14:00", "end_time": "15:30", "capacity": "5", "kind": "child-visit"}
    path = f"/planner/facilities/{planner.PRISON}/days/new"
    assert office.client.post(path, data={"form": form} | filled).status_code == 303
    with office.runtime.sessions() as session:
        [day] = session.exec(select(VisitDay.id).where(VisitDay.visit_date == NEW_DATE)).all()
    assert line(office, str(day)) == [("Eerste", "waiting", True)]


def test_a_day_is_published_and_offered_in_one_step_or_not_at_all(
    strike: Strike, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    called_off(strike, FIRST)

    def cut_short(*_: object) -> None:
        raise RuntimeError("cut short")

    with monkeypatch.context() as broken:
        broken.setattr(queueing, "_tell_of_offer", cut_short)
        client = TestClient(office.client.app, raise_server_exceptions=False)
        Office(client, office.runtime, office.clock, office.desk, office.prison).post_day(date=NEW)
    with office.runtime.sessions() as session:
        assert session.exec(select(VisitDay.id).where(VisitDay.visit_date == NEW_DATE)).all() == []
    assert line(office, office.publish(date=NEW)) == [("Eerste", "waiting", True)]
