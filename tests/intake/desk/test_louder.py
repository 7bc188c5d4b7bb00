"""What is about somebody's safety and that nobody takes grows louder, in working time, once at each step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import Session

from services.intake.desk import commands, commands_alarm, queries, tasks
from services.intake.desk.commands import Place
from services.intake.desk.rules import Weekdays
from services.intake.desk.tables import DeskCall
from services.intake.hours.tables import Shift
from services.intake.staff import sessions
from services.intake.staff.tables import Person
from shared.clock import FixedClock
from shared.desk.items import resolve
from tests.intake.desk.centre import QUARTER, Centre
from tests.intake.desk.desk import put


@pytest.mark.parametrize("reason", ["danger-now", "about-safety"])
def test_after_a_quarter_whoever_is_at_the_desk_is_called_and_then_every_senior(
    centre: Centre, clock: FixedClock, reason: str
) -> None:
    put(centre.session, clock.now(), reason)
    centre.pass_by(QUARTER - timedelta(seconds=1))
    assert centre.called == []
    centre.pass_by(timedelta(seconds=1))
    assert centre.called == [(1, "noor")]
    centre.pass_by(QUARTER)
    assert centre.called == [(1, "noor"), (2, "anna")]
    centre.pass_by(timedelta(days=3))
    assert len(centre.called) == centre.announced == 2


def test_whoever_has_a_shift_is_called_rather_than_whoever_looks_at_a_screen(
    centre: Centre, clock: FixedClock
) -> None:
    shift = Shift(staff_id=centre.sam.id, begins=clock.now(), ends=clock.now() + timedelta(hours=3))
    centre.session.add(shift)
    put(centre.session, clock.now(), "danger-now")
    centre.pass_by(QUARTER)
    assert centre.called == [(1, "sam")]


def test_what_is_not_about_safety_calls_nobody(centre: Centre, clock: FixedClock) -> None:
    put(centre.session, clock.now(), "no-rule")
    centre.pass_by(timedelta(days=3))
    assert centre.called == []


def test_only_working_time_counts(centre: Centre, clock: FixedClock) -> None:
    friday_evening = datetime(2026, 12, 4, 16, 50, tzinfo=UTC)
    clock.advance(friday_evening - clock.now())
    put(centre.session, clock.now(), "danger-now")
    centre.pass_by(timedelta(days=2))
    assert centre.called == []
    centre.pass_by(datetime(2026, 12, 7, 8, 15, tzinfo=UTC) - clock.now())
    assert centre.called == [(1, "noor")]


def test_where_nobody_is_at_the_desk_everybody_who_works_there_is_called(
    centre: Centre, clock: FixedClock
) -> None:
    sessions.end_all(centre.session, centre.noor.id)
    put(centre.session, clock.now(), "danger-now")
    centre.pass_by(QUARTER)
    assert sorted(centre.called) == [(1, "anna"), (1, "noor"), (1, "sam")]


def test_what_somebody_took_calls_nobody_until_it_is_given_back(centre: Centre, clock: FixedClock) -> None:
    subject = put(centre.session, clock.now(), "danger-now")
    place = Place("intake", centre.item(), subject, is_loud=True)
    noor = centre.signed(centre.noor)
    commands.take(centre.session, place, noor, at=clock.now())
    centre.pass_by(timedelta(hours=2))
    assert centre.called == []
    commands.give_back(centre.session, place, noor, at=clock.now())
    assert centre.sweep() == [place.item_id]
    assert centre.called == [(1, "noor")]


def test_what_was_dealt_with_calls_nobody(centre: Centre, clock: FixedClock) -> None:
    put(centre.session, clock.now(), "danger-now")
    centre.sweep()
    resolve(centre.session, centre.item(), "seen", at=clock.now(), by="noor")
    centre.session.commit()
    centre.pass_by(QUARTER)
    assert centre.called == []


def test_a_worker_that_dies_and_one_that_is_told_twice_call_each_person_once(
    centre: Centre, clock: FixedClock
) -> None:
    put(centre.session, clock.now(), "danger-now")
    clock.advance(QUARTER)
    with centre.runtime.sessions() as session:
        [item_id] = tasks.claim_louder(session, clock.now(), 50)
        session.commit()
    assert centre.sweep() == []  # leased, by a worker that died
    tasks.grow_louder(centre.runtime, [item_id, item_id])
    assert centre.called == [(1, "noor")]
    assert centre.announced == 1


def test_nothing_is_said_where_the_transaction_did_not_end(centre: Centre, clock: FixedClock) -> None:
    put(centre.session, clock.now(), "danger-now")
    centre.sweep()
    clock.advance(QUARTER)

    def dies(session: Session, at: datetime) -> list[Person]:
        raise ConnectionError

    item_id, now = centre.item(), clock.now()
    with centre.runtime.sessions() as session, pytest.raises(ConnectionError):
        commands_alarm.grow_louder(session, item_id, at=now, on_duty=dies, machine_now=now)
    assert centre.called == []
    centre.sweep()
    assert centre.called == [(1, "noor")]


def test_the_desks_hours_can_be_others(centre: Centre, clock: FixedClock) -> None:
    class AtAnyHour(Weekdays):
        def after(self, start: datetime, working: timedelta) -> datetime:
            return start + working

    clock.advance(datetime(2026, 12, 5, 3, tzinfo=UTC) - clock.now())
    put(centre.session, clock.now(), "danger-now")
    commands_alarm.watch(centre.session, AtAnyHour())
    centre.session.commit()
    centre.pass_by(QUARTER)
    assert centre.called == [(1, "noor")]


def test_who_is_called_is_told_no_more_than_that_it_waits(centre: Centre, clock: FixedClock) -> None:
    subject = put(centre.session, clock.now(), "danger-now")
    centre.pass_by(QUARTER)
    with centre.runtime.sessions() as session:
        ids = session.scalars(select(DeskCall.id)).all()  # type: ignore[call-overload]
        [(_, person, waits)] = queries.calls_by_ids(session, ids)
    assert (person.name, waits) == ("noor", True)
    place = Place("intake", centre.item(), subject, is_loud=True)
    commands.take(centre.session, place, centre.signed(centre.sam), at=clock.now())
    [(_, _, waits)] = queries.calls_by_ids(centre.session, ids)
    assert not waits
