"""Clocks that are wrong, nights on which they change, and machines that were off or stood still."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults.conftest import numbers
from tests.faults.disaster import (
    also,
    arm,
    ask_all,
    at_rest,
    each_heard_once,
    reached_by,
    rows,
    shift,
    signal_all,
)
from tests.journeys.people import register, visit_day
from tests.kit.moments import FOLDER, LEASE
from tests.kit.system import System, eventually, whole_system
from tests.kit.twilio_ledger import DATE

IN_FLIGHT = "INSERT INTO attempts"


def is_past(system: System, moment: str) -> None:
    """Until the clock of the business is past this moment and all that was due then has been seen to."""
    until = datetime.fromisoformat(moment) + timedelta(seconds=3)
    eventually(lambda: datetime.now(UTC) + shift(system) > until, 60, what=moment)
    eventually(lambda: at_rest(system), 60, what="rest")


def wakes_before(system: System, moment: str) -> None:
    system.wakes_at((datetime.fromisoformat(moment) - timedelta(seconds=8)).isoformat())


def next_text(system: System, number: str, words: str) -> datetime:
    """When, by the clock of the business, this number got its next text, which has these words.

    The ledger knows whole seconds: the end of its second.
    """
    before = len(system.twilio.to(number))
    eventually(lambda: len(system.twilio.to(number)) > before, 40, what=f"a text about {words}")
    newest = system.twilio.to(number)[-1]
    assert words in newest.body
    taken_at = datetime.strptime(newest.created_at, DATE).replace(tzinfo=UTC) + timedelta(seconds=1)
    return taken_at + shift(system)


@pytest.mark.slow
@pytest.mark.parametrize("hours", [-6, 6])
def test_a_clock_that_is_six_hours_off_loses_and_doubles_nothing(tmp_path: Path, hours: int) -> None:
    """Leases are kept by the database's clock alone: the business may think it is any time."""
    clock = (datetime.now(UTC) + timedelta(hours=hours)).isoformat()
    settings = {FOLDER: str(tmp_path), LEASE: "5", "WEERZIEN_CLOCK": clock}
    with whole_system("tests.kit.moments", **settings) as system:
        arm(system, "before", IN_FLIGHT)
        references = ask_all(system, numbers(5))
        assert reached_by(system)
        each_heard_once(system, references)


@pytest.mark.slow
@pytest.mark.parametrize("clock", ["2026-12-01T04:00:00+01:00", "2026-12-01T16:00:00+01:00"])
def test_a_worker_whose_clock_is_six_hours_off_doubles_nothing(system: System, clock: str) -> None:
    """It shares every row with a worker whose clock is right."""
    with also(system, "worker", "notify", "--with-dispatcher", WEERZIEN_CLOCK=clock):
        each_heard_once(system, ask_all(system, numbers(60)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("noon_before", "last_seconds", "after_it", "opens", "evening", "visit"),
    [
        pytest.param(
            "2026-10-24T12:00:00+02:00",
            "2026-10-25T02:59:57+02:00",
            "2026-10-25T02:00:05+01:00",
            "2026-10-25T09:00:00+01:00",
            "2026-10-25T18:00:00+01:00",
            "2026-10-26",
            id="an-hour-comes-twice",
        ),
        pytest.param(
            "2027-03-27T12:00:00+01:00",
            "2027-03-28T01:59:57+01:00",
            "2027-03-28T03:00:05+02:00",
            "2027-03-28T09:00:00+02:00",
            "2027-03-28T18:00:00+02:00",
            "2027-03-29",
            id="an-hour-is-missing",
        ),
    ],
)
def test_in_the_night_when_the_clock_changes_texts_wait_for_the_hour_on_the_wall(
    noon_before: str, last_seconds: str, after_it: str, opens: str, evening: str, visit: str
) -> None:
    """News of a visit that is wanted in the night goes at nine, and the reminder of the day before at six."""
    [number] = numbers(1)
    with whole_system(WEERZIEN_CLOCK=noon_before) as system:
        day = visit_day(system, visit)
        register(system, day, number)
        eventually(lambda: len(system.twilio.to(number)) == 1, what="the first text")
        system.wakes_at(last_seconds)
        assert system.call("PATCH", "notify", f"/v1/visit-days/{day}", json={"startTime": "15:00"}).is_success
        is_past(system, after_it)
        assert len(system.twilio.to(number)) == 1
        for due in (opens, evening):
            wakes_before(system, due)
            assert next_text(system, number, "15:00") >= datetime.fromisoformat(due)


@pytest.mark.slow
def test_after_fourteen_hours_off_until_three_at_night_nobody_is_woken(tmp_path: Path) -> None:
    """Over-due by then: a question just accepted, a receipt the provider was too busy for, a reminder."""
    asker, busy, family = numbers(3)
    settings = {FOLDER: str(tmp_path), LEASE: "5", "WEERZIEN_CLOCK": "2026-12-01T12:59:30+01:00"}
    with whole_system("tests.kit.moments", **settings) as system:
        register(system, visit_day(system, "2026-12-02"), family)
        eventually(lambda: len(system.twilio.to(family)) == 1, what="the first text")
        system.twilio.behave("429", automatic=["delivered"])
        ask_all(system, [busy])
        waits = "SELECT 1 FROM notify.messages WHERE reason = 'provider-is-busy'"
        eventually(lambda: rows(system, waits), what="a receipt that waits")
        signal_all(system, signal.SIGSTOP, "worker-intake")
        ask_all(system, [asker])
        system.kill()
        system.twilio.behave(automatic=["delivered"])
        system.settings["WEERZIEN_CLOCK"] = "2026-12-02T03:00:00+01:00"
        system.up()
        is_past(system, "2026-12-02T03:00:05+01:00")
        assert system.twilio.to(asker) == system.twilio.to(busy) == []
        assert len(system.twilio.to(family)) == 1
        wakes_before(system, "2026-12-02T09:00:00+01:00")
        is_past(system, "2026-12-02T09:00:05+01:00")
        assert [len(system.twilio.to(number)) for number in (asker, busy, family)] == [1, 1, 2]


@pytest.mark.slow
def test_a_worker_that_stood_still_until_the_window_was_over_does_not_text_at_night(tmp_path: Path) -> None:
    """It had decided at one minute to eight and was about to call."""
    [number] = numbers(1)
    settings = {FOLDER: str(tmp_path), LEASE: "5", "WEERZIEN_CLOCK": "2026-12-01T19:59:35+01:00"}
    with whole_system("tests.kit.moments", **settings) as system:
        day = visit_day(system, "2026-12-20")
        register(system, day, number)
        eventually(lambda: len(system.twilio.to(number)) == 1, what="the first text")
        arm(system, "after", IN_FLIGHT, signal.SIGSTOP)
        assert system.call("PATCH", "notify", f"/v1/visit-days/{day}", json={"startTime": "15:00"}).is_success
        sleeper = reached_by(system)
        eventually(lambda: _is_night(system), 60, what="eight o'clock")
        os.kill(sleeper, signal.SIGCONT)
        eventually(lambda: at_rest(system), 60, what="rest")
        assert len(system.twilio.to(number)) == 1
        wakes_before(system, "2026-12-02T09:00:00+01:00")
        assert next_text(system, number, "15:00") >= datetime.fromisoformat("2026-12-02T09:00:00+01:00")


def _is_night(system: System) -> bool:
    return datetime.now(UTC) + shift(system) > datetime.fromisoformat("2026-12-01T20:00:01+01:00")
