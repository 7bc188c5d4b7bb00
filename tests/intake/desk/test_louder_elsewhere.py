"""What is about somebody's safety in other services grows louder as well, also while one of them is away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlmodel import Session

from services.intake.desk import commands, queries, tasks
from services.intake.desk.commands import Place
from services.intake.desk.tables import DeskAlarm, DeskCall
from shared.clock import FixedClock
from shared.desk.items import open_items, resolve
from shared.messaging.work import LEASE
from shared.runtime import Runtime
from tests.intake.desk.centre import QUARTER, Listening
from tests.intake.desk.desk import put
from tests.kit.desk import one_desk
from tests.kit.peers import fake

RuntimeFor = Callable[[str], Runtime]
SessionFor = Callable[[str], Session]
SOON = timedelta(seconds=30)


@pytest.fixture
def centre(
    runtime_for: RuntimeFor,
    client_for: Callable[[str], TestClient],
    session_for: SessionFor,
    clock: FixedClock,
) -> Listening:
    one_desk(runtime_for, client_for)
    return Listening(runtime_for("intake"), session_for("intake"), clock)


@pytest.mark.parametrize("service", ["referral", "notify"])
@pytest.mark.parametrize("reason", ["danger-now", "about-safety"])
def test_what_nobody_takes_in_another_service_calls_whoever_is_at_the_desk_and_then_every_senior(
    centre: Listening, session_for: SessionFor, clock: FixedClock, service: str, reason: str
) -> None:
    put(session_for(service), clock.now(), reason)
    put(session_for(service), clock.now(), "no-rule")
    centre.sweep()
    centre.pass_by(QUARTER - timedelta(seconds=1))
    assert centre.called == []
    centre.pass_by(timedelta(seconds=1))
    assert centre.called == [(1, "noor")]
    centre.pass_by(QUARTER)
    assert centre.called == [(1, "noor"), (2, "anna")]
    centre.pass_by(timedelta(days=3))
    assert len(centre.called) == centre.announced == 2


def test_what_was_there_before_anybody_asked_calls_at_once(
    centre: Listening, session_for: SessionFor, clock: FixedClock
) -> None:
    put(session_for("notify"), clock.now() - timedelta(hours=1), "danger-now")
    centre.sweep()
    assert centre.called == [(1, "noor")]


def test_a_service_that_is_away_keeps_no_alarm_back_of_another_nor_of_its_own(
    centre: Listening, session_for: SessionFor, runtime_for: RuntimeFor, clock: FixedClock
) -> None:
    put(session_for("referral"), clock.now(), "danger-now")
    centre.sweep()
    for name in ("referral", "notify"):
        fake(runtime_for("intake"), name).away = True
    centre.pass_by(QUARTER)
    assert centre.called == [(1, "noor")]
    fake(runtime_for("intake"), "notify").away = False
    put(session_for("notify"), clock.now(), "danger-now")
    centre.pass_by(SOON)
    centre.pass_by(QUARTER - SOON)
    assert centre.called == [(1, "noor"), (1, "noor"), (2, "anna")]


def test_what_was_dealt_with_elsewhere_calls_nobody(
    centre: Listening, session_for: SessionFor, clock: FixedClock
) -> None:
    notify = session_for("notify")
    put(notify, clock.now(), "danger-now")
    centre.sweep()
    resolve(notify, open_items(notify)[0].id, "seen", at=clock.now(), by="noor")
    notify.commit()
    centre.pass_by(QUARTER)
    assert centre.called == []


def test_what_was_dealt_with_at_the_desk_calls_nobody_while_its_service_is_away(
    centre: Listening, session_for: SessionFor, runtime_for: RuntimeFor, clock: FixedClock
) -> None:
    notify = session_for("notify")
    put(notify, clock.now(), "danger-now")
    centre.sweep()
    fake(runtime_for("intake"), "notify").away = True
    commands.done_with(centre.session, "notify", open_items(notify)[0].id, at=clock.now())
    centre.pass_by(QUARTER)
    assert centre.called == []


def test_what_somebody_took_of_another_service_calls_nobody_until_it_is_given_back(
    centre: Listening, session_for: SessionFor, clock: FixedClock
) -> None:
    notify = session_for("notify")
    subject = put(notify, clock.now(), "danger-now")
    centre.sweep()
    place = Place("notify", open_items(notify)[0].id, subject, is_loud=True)
    noor = centre.signed(centre.noor)
    commands.take(centre.session, place, noor, at=clock.now())
    centre.pass_by(timedelta(hours=1))
    assert centre.called == []
    commands.give_back(centre.session, place, noor, at=clock.now())
    centre.sweep()
    assert centre.called == [(1, "noor")]
    [call] = centre.session.scalars(select(DeskCall)).all()
    [(_, _, waits)] = queries.calls_by_ids(centre.session, [call.id])
    assert waits
    commands.take(centre.session, place, noor, at=clock.now())
    [(_, _, waits)] = queries.calls_by_ids(centre.session, [call.id])
    assert not waits


def test_forms_in_great_number_call_each_person_once_while_they_wait(
    centre: Listening, session_for: SessionFor, clock: FixedClock
) -> None:
    for name in ("intake", "notify", "referral"):
        for _ in range(3):
            put(session_for(name), clock.now(), "danger-now")
    centre.sweep()
    centre.pass_by(QUARTER)
    assert centre.called == [(1, "noor")]


def test_a_service_is_asked_twice_a_minute_and_again_after_a_worker_died(
    centre: Listening, runtime_for: RuntimeFor, session_for: SessionFor, clock: FixedClock
) -> None:
    notify = fake(runtime_for("intake"), "notify")
    centre.hear()
    centre.hear()
    assert len(notify.asked_at_desk) == 1
    clock.advance(SOON)
    with centre.runtime.sessions() as session:
        assert len(tasks.claim_watches(session, clock.now(), 50)) == 2
        session.commit()  # and the worker dies
    centre.hear()
    assert len(notify.asked_at_desk) == 1
    session = session_for("intake")
    session.execute(update(tasks.WATCHES).values(leased_until=datetime.now(UTC) - LEASE))
    session.commit()
    centre.hear()
    assert len(notify.asked_at_desk) == 2


def test_an_alarm_of_another_service_stays_for_as_long_as_its_item_and_then_for_the_period(
    centre: Listening, session_for: SessionFor, clock: FixedClock
) -> None:
    notify = session_for("notify")
    put(notify, clock.now(), "danger-now")
    centre.sweep()
    assert len(alarms_after_keeping(centre)) == 1
    resolve(notify, open_items(notify)[0].id, "seen", at=clock.now(), by="noor")
    notify.commit()
    centre.pass_by(SOON)
    assert len(alarms_after_keeping(centre)) == 1
    clock.advance(timedelta(days=400))
    assert alarms_after_keeping(centre) == []


def alarms_after_keeping(centre: Listening) -> list[DeskAlarm]:
    now = centre.clock.now()
    commands.old_notes(centre.session, now - timedelta(days=365), 100, now)
    centre.session.commit()
    return list(centre.session.scalars(select(DeskAlarm)).all())
